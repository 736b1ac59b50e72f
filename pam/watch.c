/* What ends our waiting before the helper does: the time, signals, a client that is gone. */
#include "gatehouse.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum {
    DESCRIPTORS = 1024 /* how far the client's connection is looked for */
};

int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/*
 * While we wait, sshd does not notice that its client is gone. So we look for the connection among
 * the descriptors that we share: by address and port as sshd tells them, whatever UseDNS makes of
 * PAM_RHOST; by PAM_RHOST's address in other programs.
 */
int find_client(pam_handle_t *pamh)
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
 * What ends most programs sudo only notes until PAM is done, or blocks: so it is ours to give up. Where
 * it would end the application, or does not matter to it, it is left alone.
 */
static const int END[ENDS] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
static volatile sig_atomic_t told; /* which of them came */

static void note(int signal)
{
    told = signal;
}

void watch_ends(struct login *login)
{
    const struct sigaction ours = {.sa_handler = note};
    told = 0;
    sigemptyset(&login->ends);
    for (int i = 0; i < ENDS; i++) {
        struct sigaction *theirs = &login->before[i];
        sigaction(END[i], NULL, theirs);
        if (theirs->sa_handler == SIG_DFL || theirs->sa_handler == SIG_IGN) continue;
        sigaction(END[i], &ours, NULL);
        sigaddset(&login->ends, END[i]);
    }
}

bool was_told(void)
{
    return told != 0;
}

/* The application hears of it now. */
void unwatch_ends(const struct login *login)
{
    for (int i = 0; i < ENDS; i++) sigaction(END[i], &login->before[i], NULL);
    if (told != 0) raise(told);
}

/* poll(), which none of those signals slips past. */
int wait_for(const struct login *login, struct pollfd *on, nfds_t count, int64_t ms)
{
    const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    sigset_t before, during;
    pthread_sigmask(SIG_BLOCK, &login->ends, &before);
    during = before;
    for (int i = 0; i < ENDS; i++) {
        if (sigismember(&login->ends, END[i]) == 1) sigdelset(&during, END[i]);
    }
    int ready = told != 0 ? -1 : ppoll(on, count, &time, &during);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ready;
}
