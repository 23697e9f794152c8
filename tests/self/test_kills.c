/* Kill -9 at any moment: nothing wrong is ever read, and what was written whole is found again.
 *
 * First, in order: a process is killed in each of its calls that change a file (in the middle of it,
 * where it writes), and the next finds exactly the records that were whole. Then at random: one to
 * three processes read, write, drop a stage and clear the folder, with threads, until they are killed;
 * in between everything is read and compared. TS_KILLS says how many of them (25; `make kills`: 500). */
#define _XOPEN_SOURCE 700
#include "ref/cache/folder.h"
#include "tests/support/cache.h"
#include "tests/support/files.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { COUNT = 24, BYTES = 300, WRONG = 3 };

static atomic_int *whole;        /* records written, told by the child */
static atomic_int calls, due;    /* due: the call in which the process ends; 0: never */

static bool now_due(void)
{
    return atomic_load(&due) && atomic_fetch_add(&calls, 1) + 1 == atomic_load(&due);
}

ssize_t write(int fd, const void *data, size_t bytes)
{
    struct iovec piece = {(void *)(uintptr_t)data, bytes};
    const bool record = bytes >= 4 && memcmp(data, "TREC", 4) == 0;
    if (now_due()) {
        piece.iov_len = bytes / 2;
        (void)!writev(fd, &piece, 1);
        raise(SIGKILL);
    }
    const ssize_t done = writev(fd, &piece, 1);
    if (record && done == (ssize_t)bytes && whole)
        atomic_fetch_add(whole, 1);
    return done;
}

int fsync(int fd)
{
    (void)fd; /* what a kill leaves is in the system's memory: no need to wait for the disk here */
    if (now_due())
        raise(SIGKILL);
    return 0;
}

int rename(const char *from, const char *to)
{
    if (now_due())
        raise(SIGKILL);
    const int code = renameat(AT_FDCWD, from, AT_FDCWD, to);
    if (now_due())
        raise(SIGKILL);
    return code;
}

int unlink(const char *path)
{
    if (now_due())
        raise(SIGKILL);
    const int code = unlinkat(AT_FDCWD, path, 0);
    if (now_due())
        raise(SIGKILL);
    return code;
}

static int salt = 0x5a;
static cache_sentences heard;

static ts_cache *open_cache(ts_ctx *ctx, const ts_remote *remote, const char *folder, ts_keep keep)
{
    const ts_stage stages[] = {{.name = "salted", .run = cache_salted, .arg = &salt}};
    const ts_cache_options o = {.disk = {.folder = folder, .segment_bytes = 1500, .budget = 100000,
                                         .listener = {cache_hear, &heard}},
                                .keep = keep, .memory_budget = 4000};
    return ts_cache_open(ctx, remote, stages, 1, &o);
}

/* One epoch; false when an entry is wrong. */
static bool epoch_is_right(ts_ctx *ctx, ts_cache *cache, uint64_t seed, int threads,
                           ts_cache_counts *counts)
{
    ts_entry entry;
    bool right = true;
    int64_t *order = cache_order(COUNT, seed), seen = 0;
    ts_epoch *epoch =
        ts_epoch_open(ctx, cache, 0, order, COUNT, &(ts_epoch_options){.threads = threads});
    for (; ts_epoch_next(ctx, epoch, &entry); seen++)
        right &= cache_right(entry.sample, entry.data, entry.bytes, BYTES + 7 * entry.sample, salt);
    ts_epoch_close(epoch, counts);
    free(order);
    return right && seen == COUNT && !ctx->status;
}

static int ended_by(pid_t child)
{
    int state;
    assert_int_equal(waitpid(child, &state, 0), child);
    if (WIFEXITED(state) && WEXITSTATUS(state))
        fail_msg("a process found a wrong entry (%d)", WEXITSTATUS(state));
    return WIFSIGNALED(state) ? WTERMSIG(state) : 0;
}

static void clear(const char *folder)
{
    ts_ctx ctx;
    int64_t bytes;
    ts_ctx_open_plain(&ctx);
    ts_folder_clear(&ctx, folder, &(ts_folder_choice){.form_only = false}, &bytes);
    ts_ctx_close(&ctx);
}

static void in_each_call(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_cache_counts n;
    ts_ctx_open_plain(&ctx);
    cache_make(files_path("store"), COUNT, BYTES);
    ts_remote *remote = ts_remote_open(&ctx, files_path("store"), NULL, NULL);
    int killed = 0, at = 1, sound = -1;
    for (int signal = SIGKILL; signal; at++) {
        char name[32];
        snprintf(name, sizeof name, "each%d", at);
        const char *folder = files_path(name);
        const ts_keep keep = at % 2 ? TS_KEEP_READY : TS_KEEP_RAW;
        atomic_store(whole, 0);
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            atomic_store(&due, at);
            ts_cache *cache = open_cache(&ctx, remote, folder, keep);
            const bool right = cache && epoch_is_right(&ctx, cache, 1, 0, &n);
            ts_cache_close(cache);
            _exit(right ? 0 : WRONG);
        }
        signal = ended_by(child);
        killed += signal == SIGKILL;
        sound = atomic_load(whole);
        ts_cache *cache = open_cache(&ctx, remote, folder, keep);
        assert_true(epoch_is_right(&ctx, cache, 2, 0, &n));
        assert_int_equal(n.hits[TS_DISK], sound); /* sealed, and the sound part of the tail */
        assert_int_equal(n.hits[TS_REMOTE], COUNT - sound);
        assert_int_equal(n.damaged, 0);
        ts_cache_close(cache);
    }
    assert_int_equal(sound, COUNT);
    assert_true(killed > COUNT + 6); /* every write, and what seals */
    ts_remote_close(remote);
    ts_ctx_close(&ctx);
}

/* What the processes do until they are killed. */
static void live(const ts_remote *remote, const char *folder, uint64_t seed)
{
    for (uint64_t k = 0;; k++) {
        ts_ctx ctx;
        ts_cache_counts n;
        const uint64_t r = ts_mix64(seed * 1000 + k);
        ts_ctx_open_plain(&ctx);
        if (r % 8 == 0)
            clear(folder);
        ts_cache *cache = open_cache(&ctx, remote, folder, r & 16 ? TS_KEEP_READY : TS_KEEP_RAW);
        for (int e = 0; e < 3; e++) {
            if (!cache || !epoch_is_right(&ctx, cache, r + (uint64_t)e, r & 32 ? 2 : 0, &n))
                _exit(WRONG);
            if (r >> 8 & 1)
                ts_cache_share(cache);
            if ((r >> 9) % 4 == 0 && ts_cache_drop(&ctx, cache, 0))
                _exit(WRONG);
        }
        ts_cache_close(cache);
        ts_ctx_close(&ctx);
    }
}

static void at_random(void **state)
{
    (void)state;
    const char *asked = getenv("TS_KILLS");
    const int kills = asked ? atoi(asked) : getenv("TS_QUICK") ? 8 : 25;
    const char *folder = files_path("random");
    ts_ctx ctx;
    int64_t hits = 0;
    ts_ctx_open_plain(&ctx);
    ts_remote *remote = ts_remote_open(&ctx, files_path("store"), NULL, NULL);
    for (int k = 0; k < kills;) {
        pid_t child[3];
        const uint64_t r = ts_mix64((uint64_t)k + 12345);
        const int count = 1 + (int)(r % 3);
        for (int i = 0; i < count; i++) {
            child[i] = fork();
            assert_true(child[i] >= 0);
            if (child[i] == 0)
                live(remote, folder, r + (uint64_t)i);
        }
        for (int i = 0; i < count; i++, k++) {
            const struct timespec nap = {0, (long)(ts_mix64(r + (uint64_t)i) % 30000000)};
            nanosleep(&nap, NULL);
            assert_int_equal(kill(child[i], SIGKILL), 0);
            assert_int_equal(ended_by(child[i]), SIGKILL);
        }
        for (int keep = 0; keep < 2; keep++) {
            ts_cache_counts n;
            ts_disk_state disk;
            int64_t unused;
            ts_cache *cache = open_cache(&ctx, remote, folder, keep ? TS_KEEP_READY : TS_KEEP_RAW);
            assert_true(epoch_is_right(&ctx, cache, r, 0, &n));
            ts_cache_look(cache, &disk, &unused, &unused);
            assert_int_equal(n.damaged, 0);
            assert_int_equal(disk.broken, 0);
            hits += n.hits[TS_DISK];
            ts_cache_close(cache);
        }
        assert_int_equal(cache_files(folder, ".open"), 0); /* all are dead: nothing stays unsealed */
    }
    print_message("%d processes killed; %lld entries found on the disk in between\n", kills,
                  (long long)hits);
    assert_true(hits > 0);
    ts_remote_close(remote);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(in_each_call), cmocka_unit_test(at_random)};
    const int fd = open("/dev/zero", O_RDWR);
    void *shared = mmap(NULL, sizeof *whole, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (shared == MAP_FAILED)
        return 1;
    whole = shared;
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
