/*
 * What modules of PAM answer: pam_answers FOLDER reads lines "SERVICE USER" and answers each with what
 * pam_authenticate(3) and pam_acct_mgmt(3) return, as numbers, for services that FOLDER describes.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>

#include <security/pam_appl.h>

static int says_nothing(int count, const struct pam_message **message, struct pam_response **reply, void *data)
{
    (void)message, (void)data;
    *reply = calloc((size_t)count, sizeof **reply);
    return *reply == NULL ? PAM_BUF_ERR : PAM_SUCCESS;
}

static int ask(const char *folder, const char *service, const char *user, int (*call)(pam_handle_t *, int))
{
    const struct pam_conv conversation = {says_nothing, NULL};
    pam_handle_t *pamh = NULL;
    int code = pam_start_confdir(service, user, &conversation, folder, &pamh);
    if (code != PAM_SUCCESS) return -1;
    code = call(pamh, 0);
    pam_end(pamh, code);
    return code;
}

int main(int argc, char **argv)
{
    char service[256], user[256];
    if (argc != 2) return 2;
    while (scanf("%255s %255s", service, user) == 2) {
        int auth = ask(argv[1], service, user, pam_authenticate);
        printf("%d %d\n", auth, ask(argv[1], service, user, pam_acct_mgmt));
    }
    return 0;
}
