/* The lines between us and the helper: lib/core/pam_protocol.ts is their other end. */
#include "gatehouse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <security/pam_ext.h>

enum {
    ALL_BYTES = 256 * 1024,
    ALL_LINES = 200
};

/* `gatehouse doctor` looks for this text in our file. */
static const char PROTOCOL[] = "pam_gatehouse protocol 1";

/* Puts VERB and TEXT into a line; answers its size, 0 when it is too long. */
static size_t put(char *line, const char *verb, const char *text)
{
    size_t n = (size_t)snprintf(line, LINE_BYTES, "%s ", verb);
    for (; *text != '\0'; text++) {
        bool escaped = *text == '\\' || *text == '\n';
        if (n + (escaped ? 2 : 1) + 1 > LINE_BYTES) return 0;
        if (escaped) line[n++] = '\\';
        /* For a user who does not exist sshd answers with junk that holds a CR, as no line may. It
           must look like anybody's wrong answer, or one could tell who exists. */
        line[n++] = *text == '\n' ? 'n' : *text == '\r' ? '?' : *text;
    }
    line[n++] = '\n';
    return n;
}

/* @param text NULL when there is none */
static int answer(const struct login *login, const char *verb, const char *text)
{
    char line[LINE_BYTES];
    size_t size = text == NULL ? 0 : put(line, verb, text);
    if (size == 0) size = (size_t)snprintf(line, sizeof line, "NO_ANSWER\n");
    ssize_t sent = send(login->socket, line, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    /* A helper that is gone may have left a verdict, given while the person was still typing. */
    bool gone = sent < 0 && (errno == EPIPE || errno == ECONNRESET);
    explicit_bzero(line, sizeof line);
    return gone || sent == (ssize_t)size ? GOES_ON : fault(login, "does not read its answers");
}

/* Undoes put()'s escapes, in place. */
static bool unescape(char *text)
{
    char *to = text;
    for (; *text != '\0'; text++) {
        bool escaped = *text == '\\';
        if (escaped && *++text != '\\' && *text != 'n') return false;
        *to++ = escaped && *text == 'n' ? '\n' : *text;
    }
    *to = '\0';
    return true;
}

static int converse(const struct login *login, int style, const char *text)
{
    bool asks = style == PAM_PROMPT_ECHO_OFF || style == PAM_PROMPT_ECHO_ON;
    char *reply = NULL;
    if (style == PAM_TEXT_INFO && login->silent) return GOES_ON;
    bool failed = pam_prompt(login->pamh, style, &reply, "%s", text) != PAM_SUCCESS;
    int result = asks ? answer(login, "ANSWER", failed ? NULL : reply) : GOES_ON;
    if (reply != NULL) explicit_bzero(reply, strlen(reply));
    free(reply);
    return result;
}

struct word {
    const char *name;
    int code;
};

static const struct word STYLES[] = {
    {"INFO", PAM_TEXT_INFO}, {"ERROR", PAM_ERROR_MSG}, {"PROMPT_ECHO_OFF", PAM_PROMPT_ECHO_OFF},
    {"PROMPT_ECHO_ON", PAM_PROMPT_ECHO_ON},
};
static const struct word VERDICTS[] = {
    {"success", PAM_SUCCESS}, {"ignore", PAM_IGNORE}, {"abort", PAM_ABORT},
    {"maxtries", PAM_MAXTRIES}, {"user_unknown", PAM_USER_UNKNOWN},
    {"perm_denied", PAM_PERM_DENIED}, {"authinfo_unavail", PAM_AUTHINFO_UNAVAIL},
    {"cred_insufficient", PAM_CRED_INSUFFICIENT}, {"conv_err", PAM_CONV_ERR},
};

static int look_up(const struct word *words, size_t count, const char *name, int otherwise)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i].name, name) == 0) return words[i].code;
    }
    return otherwise;
}

/* Does what a line says. Answers GOES_ON, or the code for the whole login. */
static int obey(struct login *login, char *line)
{
    const void *authtok = NULL;
    if (strcmp(line, "GET_AUTHTOK") == 0) {
        bool has = pam_get_item(login->pamh, PAM_AUTHTOK, &authtok) == PAM_SUCCESS;
        return answer(login, "ANSWER", has ? authtok : NULL);
    }
    char *text = strchr(line, ' ');
    if (text == NULL || !unescape(text + 1)) return fault(login, "speaks nonsense");
    *text++ = '\0';
    if (strcmp(line, "RESULT") == 0) {
        login->judged = true;
        return look_up(VERDICTS, COUNT(VERDICTS), text, PAM_AUTH_ERR);
    }
    if (strcmp(line, "SET_AUTHTOK") == 0) {
        bool done = pam_set_item(login->pamh, PAM_AUTHTOK, text) == PAM_SUCCESS;
        return done ? GOES_ON : fault(login, "set a password in vain");
    }
    int style = look_up(STYLES, COUNT(STYLES), line, 0);
    return style == 0 ? fault(login, "speaks nonsense") : converse(login, style, text);
}

/* Line by line until the verdict. */
int relay(struct login *login, char buffer[LINE_BYTES])
{
    size_t have = 0, bytes = 0;
    int lines = 0, result = answer(login, "GATEHOUSE", strrchr(PROTOCOL, ' ') + 1);
    while (result == GOES_ON) {
        struct pollfd on[] = {
            {.fd = login->socket, .events = POLLIN}, {.fd = login->client, .events = POLLRDHUP},
        };
        char *end = memchr(buffer, '\n', have);
        int64_t left = login->deadline - now_ms();
        if (left <= 0) return fault(login, "gave no verdict in time");
        int ready = wait_for(login, on, COUNT(on), end != NULL ? 0 : left);
        if (was_told()) return PAM_ABORT;
        if (ready < 0) continue;
        if (on[1].revents != 0) return PAM_ABORT;
        if (end != NULL) {
            *end++ = '\0';
            size_t size = (size_t)(end - buffer);
            if (++lines > ALL_LINES) return fault(login, "talks without end");
            bool plain = strlen(buffer) + 1 == size && strchr(buffer, '\r') == NULL;
            result = plain ? obey(login, buffer) : fault(login, "speaks nonsense");
            memmove(buffer, end, have -= size);
        } else if (on[0].revents != 0) {
            ssize_t got = recv(login->socket, buffer + have, LINE_BYTES - have, MSG_DONTWAIT);
            if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
            if (got <= 0) return fault(login, have == LINE_BYTES ? "talks without end"
                                                                 : "ended without a verdict");
            have += (size_t)got;
            bytes += (size_t)got;
            if (bytes > ALL_BYTES) return fault(login, "talks without end");
        }
    }
    return result;
}
