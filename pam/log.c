/* Our lines in the log. */
#include "gatehouse.h"

#include <stdio.h>
#include <syslog.h>

#include <security/pam_ext.h>

/* An item for the log: whoever logs in chooses it, so it must not pose as anything else there. */
static const char *shown(const pam_handle_t *pamh, int item, char text[64])
{
    const void *value = NULL;
    if (pam_get_item(pamh, item, &value) != PAM_SUCCESS || value == NULL) value = "";
    snprintf(text, 64, "%s", (const char *)value);
    for (char *c = text; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~' || *c == '=') *c = '?';
    }
    return text;
}

/* Never says what the helper or the person said: that may be a password. */
int fault(const struct login *login, const char *what)
{
    char user[64], rhost[64];
    pam_syslog(login->pamh, LOG_ERR, "denied: the helper %s user=%s rhost=%s", what,
        shown(login->pamh, PAM_USER, user), shown(login->pamh, PAM_RHOST, rhost));
    return PAM_AUTH_ERR;
}
