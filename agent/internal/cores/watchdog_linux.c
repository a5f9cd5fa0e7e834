// The first thread that Go makes is its watchdog (sysmon): while the program does anything at
// all it looks every 20 microseconds whether a thread got stuck in a system call. Whoever
// wakes for a moment, a hundred times a second, pays more for those looks than for the work.
// A thread takes over from the one that makes it how late the kernel may wake it (prctl(2),
// PR_SET_TIMERSLACK); so that one is made late, and all others are as they were.

#include <pthread.h>
#include <stdatomic.h>
#include <sys/prctl.h>

// What is stuck holds up others for so long at most, in nanoseconds: little to somebody
// who waits for a picture, and long to a thread that works for some hundred microseconds.
static const int late = 2000000;

typedef void *(*routine)(void *);

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *how, routine run, void *with);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *how, routine run, void *with);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *how, routine run, void *with) {
  static atomic_flag made = ATOMIC_FLAG_INIT;
  const int usual = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
  if (atomic_flag_test_and_set(&made) || usual <= 0 || usual >= late) return __real_pthread_create(thread, how, run, with);
  prctl(PR_SET_TIMERSLACK, late, 0, 0, 0);
  const int failed = __real_pthread_create(thread, how, run, with);
  prctl(PR_SET_TIMERSLACK, usual, 0, 0, 0);
  return failed;
}
