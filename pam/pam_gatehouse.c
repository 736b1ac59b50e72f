/*
 * pam_gatehouse.so: carries the PAM conversation to `gatehouse pam` and back. It decides nothing:
 * the helper gives the verdict, and whatever goes wrong here denies.
 *
 * auth ... pam_gatehouse.so [helper=PATH] [timeout=SECONDS] [OPTION ...]   others are the helper's
 */
#include "gatehouse.h"

#include <stdlib.h>
#include <string.h>

static int judge(struct login *login, char **argv, char **envp)
{
    char buffer[LINE_BYTES];
    const struct sigaction plain = {.sa_handler = SIG_DFL};
    struct sigaction before;
    /* The application's handler could reap the helper before us. */
    sigaction(SIGCHLD, &plain, &before);
    watch_ends(login);
    bool started = start_helper(login, argv, envp);
    int result = started ? relay(login, buffer) : fault(login, "cannot be started");
    explicit_bzero(buffer, sizeof buffer);
    bool ended = started && end_helper(login);
    if (login->judged && !ended) result = fault(login, "did not end in good order");
    sigaction(SIGCHLD, &before, NULL);
    unwatch_ends(login);
    return result;
}

int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    struct login login = {.pamh = pamh, .silent = ((unsigned)flags & PAM_SILENT) != 0};
    char *arguments[ARGUMENTS] = {"gatehouse", "pam"}, *environment[VARIABLES] = {NULL};
    const char *user = NULL;
    int result = pam_get_user(pamh, &user, NULL);
    if (result != PAM_SUCCESS) return result;
    result = PAM_AUTH_ERR;
    if (read_options(&login, argc, argv, arguments) && add_environment(pamh, environment)) {
        login.client = find_client(pamh);
        result = judge(&login, arguments, environment);
    }
    for (char **each = arguments + 2; *each != NULL; each++) free(*each);
    for (char **each = environment; *each != NULL; each++) free(*each);
    return result;
}

#define ANSWERS(function, code) \
    int function(pam_handle_t *pamh, int flags, int argc, const char **argv) \
    { \
        (void)pamh, (void)flags, (void)argc, (void)argv; \
        return code; \
    }

/* Without it sshd closes the connection of whom we have let in. */
ANSWERS(pam_sm_setcred, PAM_SUCCESS)
ANSWERS(pam_sm_acct_mgmt, PAM_SUCCESS)
ANSWERS(pam_sm_open_session, PAM_SUCCESS)
ANSWERS(pam_sm_close_session, PAM_SUCCESS)
/* There is no password here to change, and nobody shall believe that one was. */
ANSWERS(pam_sm_chauthtok, PAM_SERVICE_ERR)
