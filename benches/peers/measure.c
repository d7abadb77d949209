/* Runs a command and writes what it used to a file, as one line of JSON.
 *
 *     measure FILE COMMAND [ARGUMENT...]
 *
 * wall: seconds of the monotonic clock, from before the start to after the end.
 * cpu:  seconds, user and system, of the command and of all that it started and waited for.
 * peak: bytes resident at most, in the one of these processes that had most.
 *
 * The kernel counts into a process's peak what the process had before it became the command: a
 * copy, or the pages, of whoever started it. Started from Python, everything has a peak of 7 to
 * 13 MiB. This program is small, and run.py shows its floor: the peak of /bin/true.
 */
#define _GNU_SOURCE
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef __APPLE__
#define PEAK_UNIT 1L
#else
#define PEAK_UNIT 1024L
#endif

extern char **environ;

static double seconds(struct timeval time) { return time.tv_sec + time.tv_usec / 1e6; }

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fputs("usage: measure FILE COMMAND [ARGUMENT...]\n", stderr);
        return 2;
    }
    pid_t child;
    int status;
    struct rusage used;
    double start = now();
    int error = posix_spawnp(&child, argv[2], NULL, NULL, argv + 2, environ);
    if (error) {
        fprintf(stderr, "%s: %s\n", argv[2], strerror(error));
        return 127;
    }
    if (wait4(child, &status, 0, &used) < 0) {
        perror("wait4");
        return 2;
    }
    double wall = now() - start;
    double cpu = seconds(used.ru_utime) + seconds(used.ru_stime);

    FILE *file = fopen(argv[1], "w");
    if (!file) {
        perror(argv[1]);
        return 2;
    }
    fprintf(file, "{\"wall\": %.6f, \"cpu\": %.6f, \"peak\": %ld}\n", wall, cpu,
            used.ru_maxrss * PEAK_UNIT);
    if (fclose(file)) {
        perror(argv[1]);
        return 2;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
