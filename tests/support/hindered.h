/* hindered.h: system calls that fail, are interrupted, or do only half of what they were asked for.
 *
 * The definitions of write, fsync and rename take the place of the C library's in the program that
 * includes this, in one of its files. */
#ifndef TESTS_SUPPORT_HINDERED_H
#define TESTS_SUPPORT_HINDERED_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

static struct {
    int fail_write; /* the n-th call fails from here; 0: none */
    int interrupt;  /* every second call is interrupted */
    int at_most;    /* bytes in one call; 0: all */
    int fail_fsync, fail_rename, calls;
} plan;

/* What goes to the terminal is not hindered. */
ssize_t write(int fd, const void *data, size_t bytes)
{
    const struct iovec all = {(void *)(uintptr_t)data, bytes};
    if (fd == STDOUT_FILENO || fd == STDERR_FILENO)
        return writev(fd, &all, 1);
    plan.calls++;
    if (plan.interrupt && plan.calls % 2) {
        errno = EINTR;
        return -1;
    }
    if (plan.fail_write && plan.calls >= plan.fail_write) {
        errno = ENOSPC;
        return -1;
    }
    const size_t most = plan.at_most ? (size_t)plan.at_most : bytes;
    const struct iovec piece = {(void *)(uintptr_t)data, bytes < most ? bytes : most};
    return writev(fd, &piece, 1);
}

int fsync(int fd)
{
    (void)fd;
    errno = EIO;
    return plan.fail_fsync ? -1 : 0;
}

int rename(const char *from, const char *to)
{
    errno = EXDEV;
    return plan.fail_rename ? -1 : renameat(AT_FDCWD, from, AT_FDCWD, to);
}

#endif
