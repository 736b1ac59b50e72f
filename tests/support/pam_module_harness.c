/*
 * An application of PAM's with conversations that no real one has.
 *
 * harness SERVICE RUNS CONVERSATION SIGCHLD USER RHOST
 *   CONVERSATION  text:REPLY (for each prompt), fail, null (no text), none (no reply at all),
 *                 failing-text (a reply, and yet a failure), chatty (replies also where none is due)
 *   SIGCHLD       default, ignore, handler (which reaps whatever it finds)
 *
 * Prints each line of the log, "code N" for each run, and last what the runs have changed.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include <security/pam_appl.h>

static volatile sig_atomic_t reaped;

/* What libpam logs comes here, and not to the machine's log. */
static void print_log(const char *format, va_list list)
{
    fputs("log ", stdout);
    vprintf(format, list);
    putchar('\n');
}

void __syslog_chk(int priority, int flag, const char *format, ...);
void __syslog_chk(int priority, int flag, const char *format, ...)
{
    va_list list;
    (void)priority, (void)flag;
    va_start(list, format);
    print_log(format, list);
    va_end(list);
}

void syslog(int priority, const char *format, ...)
{
    va_list list;
    (void)priority;
    va_start(list, format);
    print_log(format, list);
    va_end(list);
}

static void reap(int signal)
{
    (void)signal;
    while (waitpid(-1, NULL, WNOHANG) > 0) reaped++;
}

static int converse(int count, const struct pam_message **message, struct pam_response **reply, void *data)
{
    const char *kind = data;
    int style = message[0]->msg_style;
    int asks = style == PAM_PROMPT_ECHO_OFF || style == PAM_PROMPT_ECHO_ON;
    *reply = NULL;
    if (count != 1) abort();
    if (strcmp(kind, "fail") == 0) return PAM_CONV_ERR;
    if (strcmp(kind, "none") == 0) return PAM_SUCCESS;
    if (!asks && strcmp(kind, "chatty") != 0) return PAM_SUCCESS;
    *reply = calloc(1, sizeof **reply);
    if (strcmp(kind, "null") == 0) return PAM_SUCCESS;
    (*reply)->resp = strdup(strncmp(kind, "text:", 5) == 0 ? kind + 5 : kind);
    return strcmp(kind, "failing-text") == 0 ? PAM_CONV_ERR : PAM_SUCCESS;
}

static int descriptors(void)
{
    int n = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (readdir(folder) != NULL) n++;
    closedir(folder);
    return n;
}

int main(int argc, char **argv)
{
    if (argc != 7) return 2;
    struct sigaction chosen = {.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDSTOP}, kept;
    if (strcmp(argv[4], "ignore") == 0) chosen.sa_handler = SIG_IGN;
    if (strcmp(argv[4], "handler") == 0) chosen.sa_handler = reap;
    sigaction(SIGCHLD, &chosen, NULL);
    int before = descriptors();
    for (int i = 0; i < atoi(argv[2]); i++) {
        pam_handle_t *pamh = NULL;
        struct pam_conv conversation = {converse, argv[3]};
        if (pam_start(argv[1], argv[5], &conversation, &pamh) != PAM_SUCCESS) return 2;
        if (pam_set_item(pamh, PAM_RHOST, argv[6]) != PAM_SUCCESS) return 2;
        int code = pam_authenticate(pamh, 0);
        printf("code %d\n", code);
        pam_end(pamh, code);
    }
    sigaction(SIGCHLD, NULL, &kept);
    int same = kept.sa_handler == chosen.sa_handler && (kept.sa_flags & SA_NOCLDSTOP) != 0;
    printf("descriptors %+d, children %s, SIGCHLD %s, reaped by others %d\n", descriptors() - before,
        waitpid(-1, NULL, WNOHANG) < 0 ? "none" : "left", same ? "kept" : "changed", (int)reaped);
    return 0;
}
