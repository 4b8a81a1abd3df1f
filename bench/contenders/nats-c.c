// The C client at the same work, told and answering as harness/child.ts is: one sample for each line.
#include <nats/nats.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *subject;
static char *payload;
static int size, messages, window;
static natsConnection *publisher;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t arrived = PTHREAD_COND_INITIALIZER;
// Only the subscriber's thread counts; the lock guards that a window is over.
static int received;
static bool complete;

static void check(natsStatus status) {
  if (status == NATS_OK) return;
  fprintf(stderr, "nats.c: %s\n", natsStatus_GetText(status));
  exit(1);
}

static void on_message(natsConnection *nc, natsSubscription *sub, natsMsg *message, void *closure) {
  (void)nc, (void)sub, (void)closure;
  natsMsg_Destroy(message);
  if (++received < window) return;
  received = 0;
  pthread_mutex_lock(&lock);
  complete = true;
  pthread_cond_signal(&arrived);
  pthread_mutex_unlock(&lock);
}

static void publish(int count) {
  for (int i = 0; i < count; i++) check(natsConnection_Publish(publisher, subject, payload, size));
}

static void publish_all(void) {
  // Publishing waits by itself where the client's buffer is full.
  publish(messages);
  check(natsConnection_Flush(publisher));
}

static void publish_subscribe(void) {
  for (int sent = 0; sent < messages; sent += window) {
    complete = false;
    publish(window);
    pthread_mutex_lock(&lock);
    while (!complete) pthread_cond_wait(&arrived, &lock);
    pthread_mutex_unlock(&lock);
  }
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

// nats-c <kind of work> <url> <subject> <payload's size> <messages> <window>
int main(int argc, char **argv) {
  if (argc != 7) return 2;
  const bool subscribes = strcmp(argv[1], "publishSubscribe") == 0;
  subject = argv[3];
  size = atoi(argv[4]);
  messages = atoi(argv[5]);
  window = atoi(argv[6]);
  payload = malloc(size);
  memset(payload, 'x', size);

  check(natsConnection_ConnectTo(&publisher, argv[2]));
  if (subscribes) {
    natsConnection *subscriber;
    natsSubscription *subscription;
    check(natsConnection_ConnectTo(&subscriber, argv[2]));
    check(natsConnection_Subscribe(&subscription, subscriber, subject, on_message, NULL));
    check(natsSubscription_SetPendingLimits(subscription, -1, -1));
    check(natsConnection_Flush(subscriber));
  }
  puts("\"ready\"");
  fflush(stdout);

  char line[16];
  while (fgets(line, sizeof line, stdin) != NULL) {
    const double begin = now();
    if (subscribes) publish_subscribe();
    else publish_all();
    printf("{\"seconds\":%.9f}\n", now() - begin);
    fflush(stdout);
  }
  // Ends with the process, as the others do.
  _Exit(0);
}
