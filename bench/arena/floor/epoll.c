/* The floor: one process, epoll, a constant answer: `epoll PORT ANSWER`, where ANSWER is a file that holds the bytes.
 *
 * It parses nothing: each blank line is one request, also one that two reads share, so that a batch of pipelined
 * requests gets all its answers in one write. A client that takes less than it is sent is waited for, as a server must.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 512, INPUT = 65536, BATCH = 64 };

struct client {
  int fd, matched;  /* matched: how much of "\r\n\r\n" the last bytes were */
  size_t owed;      /* bytes of answers that are not sent yet; less than one of them may have begun */
};

static char *answers; /* BATCH of them, one after the other */
static size_t size;

static void fail(const char *what) { perror(what); exit(1); }

static void load(const char *path) {
  FILE *file = fopen(path, "rb");
  static char one[INPUT];
  if (!file) fail(path);
  size = fread(one, 1, sizeof one, file);
  fclose(file);
  if (size == 0 || !(answers = malloc(size * BATCH))) { fprintf(stderr, "no answer in %s\n", path); exit(1); }
  for (int i = 0; i < BATCH; i++) memcpy(answers + i * size, one, size);
}

static size_t count(struct client *client, const char *data, size_t length) {
  size_t found = 0;
  int matched = client->matched;
  for (size_t i = 0; i < length; i++) {
    if (data[i] == "\r\n\r\n"[matched]) {
      if (++matched == 4) { found++; matched = 0; }
    } else {
      matched = data[i] == '\r';
    }
  }
  client->matched = matched;
  return found;
}

/* 1: all is sent; 0: the client has to take some first; -1: it is gone. */
static int send_owed(struct client *client) {
  while (client->owed) {
    size_t begun = (size - client->owed % size) % size;
    size_t length = client->owed < size * BATCH - begun ? client->owed : size * BATCH - begun;
    ssize_t sent = write(client->fd, answers + begun, length);
    if (sent < 0) return errno == EAGAIN ? 0 : -1;
    client->owed -= (size_t)sent;
  }
  return 1;
}

int main(int argc, char **argv) {
  if (argc != 3) { fprintf(stderr, "usage: epoll PORT ANSWER\n"); return 2; }
  load(argv[2]);
  signal(SIGPIPE, SIG_IGN);
  int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), poll = epoll_create1(0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[1]))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096)) fail("listen");
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[EVENTS];
  if (epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event)) fail("epoll_ctl");
  static char input[INPUT];
  for (;;) {
    int ready = epoll_wait(poll, events, EVENTS, -1);
    if (ready < 0 && errno != EINTR) fail("epoll_wait");
    for (int i = 0; i < ready; i++) {
      struct client *client = events[i].data.ptr;
      if (!client) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        if (fd < 0) continue;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (!(client = calloc(1, sizeof *client))) fail("calloc");
        client->fd = fd;
        event.events = EPOLLIN;
        event.data.ptr = client;
        if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event)) fail("epoll_ctl");
        continue;
      }
      int waiting = client->owed != 0; /* then it is write that it waits for */
      if (!waiting) {
        ssize_t got = read(client->fd, input, sizeof input);
        if (got < 0 && errno == EAGAIN) continue;
        if (got <= 0) { close(client->fd); free(client); continue; }
        client->owed = count(client, input, (size_t)got) * size;
      }
      int sent = send_owed(client);
      if (sent < 0) { close(client->fd); free(client); continue; }
      if ((sent == 0) != waiting) {
        event.events = sent ? EPOLLIN : EPOLLOUT;
        event.data.ptr = client;
        if (epoll_ctl(poll, EPOLL_CTL_MOD, client->fd, &event)) fail("epoll_ctl");
      }
    }
  }
}
