/*
 * pam_gatehouse.so: carries the PAM conversation to `gatehouse pam` and back. It decides nothing:
 * the helper gives the verdict, and whatever goes wrong here denies.
 *
 * auth ... pam_gatehouse.so [helper=PATH] [timeout=SECONDS] [OPTION ...]   others are the helper's
 */
#define _GNU_SOURCE /* POLLRDHUP, setresuid(), explicit_bzero(), cpu_set_t */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <security/pam_modules.h>
#include <security/pam_ext.h>

#define COUNT(array) (sizeof (array) / sizeof *(array))

enum {
    LINE_BYTES = 8 * 1024, /* its newline is one of them */
    ALL_BYTES = 256 * 1024,
    ALL_LINES = 200,
    GRACE_MS = 1000,
    DESCRIPTORS = 1024, /* how far the client's connection is looked for */
    OPTIONS = 60,
    GOES_ON = -1 /* none of PAM's codes is negative */
};

/* Of the lines between us and the helper, at the end; `gatehouse doctor` looks for this text in our file. */
static const char PROTOCOL[] = "pam_gatehouse protocol 1";

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
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

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
static int fault(const struct login *login, const char *what)
{
    char user[64], rhost[64];
    pam_syslog(login->pamh, LOG_ERR, "denied: the helper %s user=%s rhost=%s", what,
        shown(login->pamh, PAM_USER, user), shown(login->pamh, PAM_RHOST, rhost));
    return PAM_AUTH_ERR;
}

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

/*
 * While we wait, sshd does not notice that its client is gone. So we look for the connection among
 * the descriptors that we share: by address and port as sshd tells them, whatever UseDNS makes of
 * PAM_RHOST; by PAM_RHOST's address in other programs.
 */
static int find_client(pam_handle_t *pamh)
{
    char address[NI_MAXHOST] = "", port[NI_MAXSERV] = "", peer[NI_MAXHOST], peer_port[NI_MAXSERV];
    const char *connection = pam_getenv(pamh, "SSH_CONNECTION");
    const void *rhost = NULL;
    if (connection != NULL && sscanf(connection, "%1024s %31s", address, port) != 2) return -1;
    if (connection == NULL) {
        if (pam_get_item(pamh, PAM_RHOST, &rhost) != PAM_SUCCESS || rhost == NULL) return -1;
        snprintf(address, sizeof address, "%s", (const char *)rhost);
    }
    for (int fd = 0; fd < DESCRIPTORS; fd++) {
        struct sockaddr_storage a;
        socklen_t size = sizeof a;
        if (getpeername(fd, (struct sockaddr *)&a, &size) != 0) continue;
        if (a.ss_family != AF_INET && a.ss_family != AF_INET6) continue;
        if (getnameinfo((struct sockaddr *)&a, size, peer, sizeof peer, peer_port, sizeof peer_port,
                NI_NUMERICHOST | NI_NUMERICSERV) != 0) continue;
        /* A socket for IPv6 may have an IPv4 client, which sshd calls by its IPv4 address. */
        bool mapped = strncmp(peer, "::ffff:", 7) == 0 && strchr(peer, '.') != NULL;
        if (strcmp(mapped ? peer + 7 : peer, address) != 0) continue;
        if (port[0] == '\0' || strcmp(peer_port, port) == 0) return fd;
    }
    return -1;
}

/*
 * Limits and priorities are the caller's under su. They could end the helper when it has judged a
 * code and not yet counted it, or make it hold a lock for long. Answers whether none can do the former.
 */
static bool leave_limits(void)
{
    const struct sched_param none = {0};
    cpu_set_t all;
    bool ok = true;
    for (int n = 0; n < (int)RLIM_NLIMITS; n++) {
        /* As Linux begins. An endless stack would change where mmap(2) puts things. */
        struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
        if (n == RLIMIT_CORE) limit.rlim_cur = limit.rlim_max = 0;
        if (n == RLIMIT_STACK) limit.rlim_cur = 8 * 1024 * 1024;
        if (n == RLIMIT_NOFILE) limit = (struct rlimit){1024, 4096};
        if (setrlimit(n, &limit) == 0) continue;
        /* Root may not raise the hard one in many containers. */
        ok = ok && n != RLIMIT_FSIZE && n != RLIMIT_CPU;
        if (getrlimit(n, &limit) == 0) limit.rlim_cur = limit.rlim_max;
        setrlimit(n, &limit);
    }
    memset(&all, 0xff, sizeof all);
    sched_setaffinity(0, sizeof all, &all);
    sched_setscheduler(0, SCHED_OTHER, &none);
    setpriority(PRIO_PROCESS, 0, 0);
    syscall(SYS_ioprio_set, 1 /* IOPRIO_WHO_PROCESS */, 0, 0);
    return ok;
}

/* In the child, which may be that of a program with threads: only what signal-safety(7) allows. */
static _Noreturn void become_helper(const struct login *login, int end, char **argv, char **envp)
{
    const struct sigaction plain = {.sa_handler = SIG_DFL};
    for (int n = 1; n < NSIG; n++) sigaction(n, &plain, NULL);
    /* Under su the real uid is the caller's, who could send the helper signals. */
    bool ok = setresgid(getegid(), getegid(), getegid()) == 0 &&
        setresuid(geteuid(), geteuid(), geteuid()) == 0 && setpgid(0, 0) == 0;
    /* When the application dies the helper's input ends; this is for one that does not read. */
    ok = ok && prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && chdir("/") == 0;
    int null = open("/dev/null", O_WRONLY);
    /* Where the application has closed 0 or 1 this may be one of them, and go with the execve(). */
    end = fcntl(end, F_DUPFD, 3);
    ok = ok && dup2(end, 0) == 0 && dup2(end, 1) == 1 && dup2(null, 2) == 2;
#ifdef SYS_close_range
    if (syscall(SYS_close_range, 3U, ~0U, 0U) != 0)
#endif
    {
        /* Before Linux 5.9. Where the limit is high, so many are never open. */
        struct rlimit limit = {0};
        getrlimit(RLIMIT_NOFILE, &limit);
        for (int fd = 3; fd < 65536 && (rlim_t)fd < limit.rlim_cur; fd++) close(fd);
    }
    ok = ok && leave_limits();
    umask(077);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (ok) execve(login->helper, argv, envp);
    _exit(127);
}

static bool start_helper(struct login *login, char **argv, char **envp)
{
    int pair[2];
    sigset_t all, before;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return false;
    /* Or a handler of the application's could run in the child. */
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    login->pid = fork();
    if (login->pid == 0) become_helper(login, pair[1], argv, envp);
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(pair[1]);
    login->socket = pair[0];
    if (login->pid < 0) close(pair[0]);
    else setpgid(login->pid, login->pid); /* as the child does: whoever comes first */
    return login->pid > 0;
}

/*
 * Reaps the helper, with all that it started. After its verdict it has a moment to end by itself,
 * before that it is told to. Answers whether it ended in good order.
 */
static bool end_helper(const struct login *login)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    const int64_t until = now_ms() + GRACE_MS;
    siginfo_t end = {0};
    if (!login->judged) {
        close(login->socket);
        kill(login->pid, SIGTERM);
    }
    /* Until it is reaped nobody else can have its id, so the kill() meets only its own group. */
    int error;
    while ((error = waitid(P_PID, (id_t)login->pid, &end, WEXITED | WNOHANG | WNOWAIT)) == 0 &&
        end.si_pid == 0 && now_ms() < until) nanosleep(&pause, NULL);
    if (error == 0) {
        kill(-login->pid, SIGKILL);
        while (waitpid(login->pid, NULL, 0) < 0 && errno == EINTR) continue;
    }
    if (login->judged) close(login->socket);
    return end.si_pid == login->pid && end.si_code == CLD_EXITED && end.si_status == 0;
}

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

/*
 * What ends most programs sudo only notes until PAM is done, or blocks: so it is ours to give up. Where
 * it would end the application, or does not matter to it, it is left alone.
 */
static const int ENDS[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
static volatile sig_atomic_t told; /* which of them came */

static void note(int signal)
{
    told = signal;
}

static void watch_ends(struct login *login, struct sigaction before[COUNT(ENDS)])
{
    const struct sigaction ours = {.sa_handler = note};
    told = 0;
    sigemptyset(&login->ends);
    for (size_t i = 0; i < COUNT(ENDS); i++) {
        sigaction(ENDS[i], NULL, &before[i]);
        if (before[i].sa_handler == SIG_DFL || before[i].sa_handler == SIG_IGN) continue;
        sigaction(ENDS[i], &ours, NULL);
        sigaddset(&login->ends, ENDS[i]);
    }
}

/* The application hears of it now. */
static void unwatch_ends(const struct sigaction before[COUNT(ENDS)])
{
    for (size_t i = 0; i < COUNT(ENDS); i++) sigaction(ENDS[i], &before[i], NULL);
    if (told != 0) raise(told);
}

/* poll(), which none of those signals slips past. */
static int wait_for(const struct login *login, struct pollfd *on, nfds_t count, int64_t ms)
{
    const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    sigset_t before, during;
    pthread_sigmask(SIG_BLOCK, &login->ends, &before);
    during = before;
    for (size_t i = 0; i < COUNT(ENDS); i++) {
        if (sigismember(&login->ends, ENDS[i]) == 1) sigdelset(&during, ENDS[i]);
    }
    int ready = told != 0 ? -1 : ppoll(on, count, &time, &during);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ready;
}

/* Line by line until the verdict. */
static int relay(struct login *login, char buffer[LINE_BYTES])
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
        if (told != 0) return PAM_ABORT;
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

/* Adds NAME=VALUE to a list that has room and ends with NULL. */
static bool add(char **list, const char *name, const char *value)
{
    while (*list != NULL) list++;
    if (asprintf(list, "%s=%s", name, value) >= 0) return true;
    *list = NULL;
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
static bool add_environment(pam_handle_t *pamh, char **list)
{
    static const struct word ITEMS[] = {
        {"PAM_USER", PAM_USER}, {"PAM_SERVICE", PAM_SERVICE}, {"PAM_RHOST", PAM_RHOST},
        {"PAM_TTY", PAM_TTY}, {"PAM_RUSER", PAM_RUSER}, {"SSH_CONNECTION", 0},
        {"SSH_AUTH_INFO_0", 0}, {"LANG", 0}, {"LC_ALL", 0}, {"LC_MESSAGES", 0},
    };
    bool ok = add(list, "PATH", "/usr/sbin:/usr/bin:/sbin:/bin") && add(list, "PAM_TYPE", "auth");
    for (const struct word *each = ITEMS; ok && each < ITEMS + COUNT(ITEMS); each++) {
        const void *value = NULL;
        if (each->code == 0) value = pam_getenv(pamh, each->name);
        else if (pam_get_item(pamh, each->code, &value) != PAM_SUCCESS) value = NULL;
        if (value != NULL) ok = add(list, each->name, value);
    }
    return ok && (!unix_denied(pamh) || add(list, "GATEHOUSE_UNIX", "denied"));
}

/* Takes what is ours, and adds the rest to the helper's arguments. */
static bool read_options(struct login *login, int argc, const char **argv, char **list)
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

static int judge(struct login *login, char **argv, char **envp)
{
    char buffer[LINE_BYTES];
    const struct sigaction plain = {.sa_handler = SIG_DFL};
    struct sigaction before, ends[COUNT(ENDS)];
    /* The application's handler could reap the helper before us. */
    sigaction(SIGCHLD, &plain, &before);
    watch_ends(login, ends);
    bool started = start_helper(login, argv, envp);
    int result = started ? relay(login, buffer) : fault(login, "cannot be started");
    explicit_bzero(buffer, sizeof buffer);
    bool ended = started && end_helper(login);
    if (login->judged && !ended) result = fault(login, "did not end in good order");
    sigaction(SIGCHLD, &before, NULL);
    unwatch_ends(ends);
    return result;
}

int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    struct login login = {.pamh = pamh, .silent = ((unsigned)flags & PAM_SILENT) != 0};
    char *arguments[OPTIONS + 3] = {"gatehouse", "pam"}, *environment[16] = {NULL};
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
