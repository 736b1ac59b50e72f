/* What the files of pam_gatehouse.so share. Each includes it in front of all else. */
#ifndef GATEHOUSE_H
#define GATEHOUSE_H

#define _GNU_SOURCE /* POLLRDHUP, ppoll(), setresuid(), explicit_bzero(), asprintf(), cpu_set_t */

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <security/pam_modules.h>

#define COUNT(array) (sizeof (array) / sizeof *(array))

enum {
    OPTIONS = 60,
    ARGUMENTS = OPTIONS + 3, /* "gatehouse" and "pam" in front, NULL at the end */
    VARIABLES = 16,
    LINE_BYTES = 8 * 1024, /* its newline is one of them */
    ENDS = 4, /* kinds of signals that end a login */
    GOES_ON = -1 /* none of PAM's codes is negative */
};

struct login {
    pam_handle_t *pamh;
    bool silent;
    char helper[PATH_MAX]; /* where symbolic links lead */
    int64_t deadline;
    int client; /* the connection of who logs in; -1: not known, and poll() passes over it */
    pid_t pid;
    int socket; /* our end of the helper's stdin and stdout */
    bool judged; /* the helper has given its verdict */
    sigset_t ends; /* signals that end the login: see watch_ends() */
    struct sigaction before[ENDS]; /* what the application does at them */
};

/* Or the application's function of the same name would be called in the place of ours. */
#pragma GCC visibility push(hidden)

/* log.c */
int fault(const struct login *login, const char *what);

/* handover.c */
bool read_options(struct login *login, int argc, const char **argv, char *list[ARGUMENTS]);
bool add_environment(pam_handle_t *pamh, char *list[VARIABLES]);

/* helper.c */
bool start_helper(struct login *login, char **argv, char **envp);
bool end_helper(const struct login *login);

/* watch.c */
int64_t now_ms(void);
int find_client(pam_handle_t *pamh);
void watch_ends(struct login *login);
bool was_told(void);
void unwatch_ends(const struct login *login);
int wait_for(const struct login *login, struct pollfd *on, nfds_t count, int64_t ms);

/* conversation.c */
int relay(struct login *login, char buffer[LINE_BYTES]);

#pragma GCC visibility pop

#endif
