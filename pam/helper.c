/* The helper's process: how it begins, with nothing of the application's, and how it ends. */
#include "gatehouse.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    GRACE_MS = 1000
};

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

bool start_helper(struct login *login, char **argv, char **envp)
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
bool end_helper(const struct login *login)
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
