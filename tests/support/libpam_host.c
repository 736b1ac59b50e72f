/*
 * The real libpam on stacks that nobody would want on a machine.
 *
 * libpam_host ROOT
 *   Enters ROOT (chroot), which needs the modules and a configuration but nothing else, then reads
 *   services' names, one a line, and answers each with one line: for each sequence of calls
 *   "name=result,result" in numbers, -1 where pam_start(3) failed before, and "=signal N" where libpam did
 *   not live to answer (24, SIGXCPU: it went round for ever).
 *
 *   Each sequence of calls has a handle of its own. Nothing is logged: ROOT has no /dev/log.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <security/pam_appl.h>

typedef int call(pam_handle_t *, int);
struct sequence { const char *name; call *calls[2]; };

static const struct sequence sequences[] = {
    {"authenticate", {pam_authenticate, pam_setcred}},
    {"setcred", {pam_setcred, NULL}},
    {"acct_mgmt", {pam_acct_mgmt, NULL}},
    {"chauthtok", {pam_chauthtok, NULL}},
    {"open_session", {pam_open_session, pam_close_session}},
    {"close_session", {pam_close_session, NULL}},
};

static int says_nothing(int count, const struct pam_message **message, struct pam_response **reply,
    void *data)
{
    (void)message, (void)data;
    *reply = calloc((size_t)count, sizeof **reply);
    return *reply == NULL ? PAM_BUF_ERR : PAM_SUCCESS;
}

static void answer(const char *service)
{
    for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++) {
        const struct pam_conv conversation = {says_nothing, NULL};
        pam_handle_t *pamh = NULL;
        int code = pam_start(service, "nobody", &conversation, &pamh);
        printf("%s%s=", i == 0 ? "" : " ", sequences[i].name);
        if (code != PAM_SUCCESS) {
            printf("%d,-1", code);
            continue;
        }
        for (int j = 0; j < 2 && sequences[i].calls[j] != NULL; j++) {
            code = sequences[i].calls[j](pamh, 0);
            printf("%s%d", j == 0 ? "" : ",", code);
        }
        pam_end(pamh, code);
    }
    fflush(stdout);
}

int main(int argc, char **argv)
{
    char *service = NULL;
    size_t room = 0;
    ssize_t length;
    /* So that a file that includes itself comes to its end at once. */
    const struct rlimit few = {64, 64}, none = {0, 0}, second = {1, 2};
    if (argc != 2 || chroot(argv[1]) != 0 || chdir("/") != 0) return 2;
    setrlimit(RLIMIT_NOFILE, &few);
    setrlimit(RLIMIT_CORE, &none);
    while ((length = getline(&service, &room, stdin)) > 0) {
        int status = 0;
        pid_t child;
        service[strcspn(service, "\n")] = '\0';
        child = fork();
        if (child < 0) return 2;
        if (child == 0) {
            setrlimit(RLIMIT_CPU, &second);
            answer(service);
            _exit(0);
        }
        if (waitpid(child, &status, 0) != child) return 2;
        if (WIFSIGNALED(status)) printf("=signal %d", WTERMSIG(status));
        putchar('\n');
        fflush(stdout);
    }
    free(service);
    return 0;
}
