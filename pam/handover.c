/* Which program the helper is, and what it is told as it starts. */
#include "gatehouse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>

#include <security/pam_ext.h>

/*
 * Why others than root could change the file, and in `path` what of it is so: the file, a folder on the
 * way, or a link among them. NULL: root alone can.
 */
static const char *not_roots_alone(const char *file, char path[PATH_MAX])
{
    struct stat s;
    if (snprintf(path, PATH_MAX, "%s", file) >= PATH_MAX) return "is too long";
    if (file[0] != '/') return "is relative";
    for (;;) {
        if (lstat(path, &s) != 0) return errno == ENOENT ? "is missing" : "cannot be looked at";
        if (s.st_uid != 0) return "is not root's";
        bool open = !S_ISLNK(s.st_mode) && (s.st_mode & (S_IWGRP | S_IWOTH)) != 0;
        if (open) return "is writable by others";
        if (path[1] == '\0') return NULL;
        char *slash = strrchr(path, '/');
        slash[slash == path ? 1 : 0] = '\0';
    }
}

/* Adds NAME=VALUE to a list that has room and ends with NULL. */
static bool add(char **list, const char *name, const char *value)
{
    while (*list != NULL) list++;
    if (asprintf(list, "%s=%s", name, value) >= 0) return true;
    *list = NULL;
    return false;
}

/* Takes what is ours, and adds the rest to the helper's arguments. */
bool read_options(struct login *login, int argc, const char **argv, char *list[ARGUMENTS])
{
    const char *helper = "/usr/local/bin/gatehouse", *seconds = "330";
    bool ok = argc <= OPTIONS;
    for (int i = 0; ok && i < argc; i++) {
        if (strncmp(argv[i], "helper=", 7) == 0) helper = argv[i] + 7;
        else ok = add(list, "--option", argv[i]);
        /* The helper's too: nobody shall be told of more time than there is. */
        if (strncmp(argv[i], "timeout=", 8) == 0) seconds = argv[i] + 8;
    }
    char *end = NULL;
    long timeout = strtol(seconds, &end, 10);
    if (seconds[0] < '1' || seconds[0] > '9' || *end != '\0' || timeout > 3600) {
        pam_syslog(login->pamh, LOG_ERR, "denied: timeout= takes 1 to 3600 seconds");
        return false;
    }
    login->deadline = now_ms() + timeout * 1000;
    char path[PATH_MAX];
    const char *at = path, *why = not_roots_alone(helper, path);
    if (why == NULL && realpath(helper, login->helper) == NULL) at = helper, why = "leads nowhere";
    if (why == NULL) why = not_roots_alone(login->helper, path);
    if (why == NULL) return ok;
    pam_syslog(login->pamh, LOG_ERR, "denied: the helper's path: %s %s", at, why);
    return false;
}

/*
 * Whether pam_unix, in front of us, was not content with the password: it leaves its verdict for its
 * own setcred. A helper that did not know would ring the phone of somebody whose password nobody has
 * given. Not only for PAM_AUTH_ERR: who ends su's question with Ctrl-D makes it PAM_AUTHTOK_ERR.
 */
static bool unix_denied(const pam_handle_t *pamh)
{
    const void *verdict = NULL;
    int code = PAM_SUCCESS;
    if (pam_get_data(pamh, "unix_setcred_return", &verdict) != PAM_SUCCESS) return false;
    if (verdict != NULL) memcpy(&code, verdict, sizeof code);
    return code != PAM_SUCCESS;
}

/* Nothing of the application's own environment: under sudo and su that is the caller's. */
bool add_environment(pam_handle_t *pamh, char *list[VARIABLES])
{
    static const struct item {
        const char *name;
        int code; /* 0: a variable of PAM's */
    } ITEMS[] = {
        {"PAM_USER", PAM_USER}, {"PAM_SERVICE", PAM_SERVICE}, {"PAM_RHOST", PAM_RHOST},
        {"PAM_TTY", PAM_TTY}, {"PAM_RUSER", PAM_RUSER}, {"SSH_CONNECTION", 0},
        {"SSH_AUTH_INFO_0", 0}, {"LANG", 0}, {"LC_ALL", 0}, {"LC_MESSAGES", 0},
    };
    bool ok = add(list, "PATH", "/usr/sbin:/usr/bin:/sbin:/bin") && add(list, "PAM_TYPE", "auth");
    for (const struct item *each = ITEMS; ok && each < ITEMS + COUNT(ITEMS); each++) {
        const void *value = NULL;
        if (each->code == 0) value = pam_getenv(pamh, each->name);
        else if (pam_get_item(pamh, each->code, &value) != PAM_SUCCESS) value = NULL;
        if (value != NULL) ok = add(list, each->name, value);
    }
    return ok && (!unix_denied(pamh) || add(list, "GATEHOUSE_UNIX", "denied"));
}
