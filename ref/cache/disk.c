/* disk.c: reading the segments of a folder, appending to one's own.
 *
 *     place = index[(form, key)]        index.h; the newest record wins
 *
 * The index is rebuilt from the heads of all records when the folder is opened: nothing else has to
 * be kept true on the disk. Payloads are checked when they are read. One lock guards index and
 * writers; entries are read and checked outside of it, since sealed bytes never change and files stay
 * open until the level is closed (a file that someone removes can be read until then).
 *
 * Nothing is synced per record: it is a cache, a lost tail is only missed.
 *
 * Test: tests/cache/test_disk.c, tests/self/test_kills.c */
#include "ref/cache/disk.h"

#include "ref/cache/folder.h"
#include "ref/cache/index.h"
#include "ref/io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WRITERS = 8 };
#define SEGMENT_BYTES ((int64_t)256 << 20)

typedef struct {
    char *name; /* in the folder; NULL: of a writer of ours that is not yet sealed */
    int fd;     /* -1: not ours to read, or dropped */
    uint64_t form;
} segment;

typedef struct {
    int32_t segment; /* its fd is the segment's */
    uint64_t form;
    char *path; /* NULL: not in use */
    int64_t size;
} writer;

struct ts_disk {
    pthread_mutex_t mutex;
    char *folder;
    ts_disk_options options;
    segment *segments;
    int32_t count, room;
    ts_index index;
    writer writers[WRITERS];
    int64_t used;
    ts_disk_state state;
    ts_blob packed, line; /* of the writer */
};

static void say(ts_disk *d, const char *format, ...) TS_PRINTF(2, 3);
static void say(ts_disk *d, const char *format, ...)
{
    char sentence[512];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    if (d->options.listener.say)
        d->options.listener.say(d->options.listener.arg, sentence);
}

/* The writing ends for this run. Said once. */
static void switch_off(ts_disk *d, const char *what, const char *why)
{
    if (!d->state.writing)
        return;
    d->state.writing = false;
    snprintf(d->state.why, sizeof d->state.why, "%s: %s", what, why);
    say(d, "%s: %s: %s: nothing more is cached on the disk in this run", d->folder, what, why);
}

/* Segments. ------------------------------------------------------------------------------------ */

static int32_t new_segment(ts_disk *d, char *name, int fd, uint64_t form)
{
    if (d->count == d->room) {
        const int32_t room = d->room ? 2 * d->room : 16;
        segment *larger = ts_realloc(d->segments, (size_t)room * sizeof *larger);
        if (!larger)
            return -1;
        d->segments = larger;
        d->room = room;
    }
    d->segments[d->count] = (segment){name, fd, form};
    return d->count++;
}

typedef struct {
    ts_disk *disk;
    uint64_t form;
    int32_t segment;
    bool lost; /* no memory for the index */
} scan;

static void index_record(void *arg, const ts_record *record, int64_t at)
{
    scan *s = arg;
    s->lost |= !ts_index_remember(&s->disk->index,
                                 &(ts_place){s->form, *record, at, s->segment});
}

/* Reads the heads of one sealed file; it stays open when it is of our dataset. */
static void take_in(ts_disk *d, char *name)
{
    char path[1024];
    unsigned char bytes[TS_SEGMENT_HEAD];
    ts_segment_head head;
    struct stat about;
    snprintf(path, sizeof path, "%s/%s", d->folder, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    const bool sound = fd >= 0 && ts_read_at(fd, bytes, TS_SEGMENT_HEAD, 0) == TS_SEGMENT_HEAD &&
                       ts_segment_head_read(&head, bytes);
    const bool ours = sound && head.dataset == d->options.dataset;
    scan s = {d, ours ? head.form : 0, -1, false};
    s.segment = new_segment(d, name, ours ? fd : -1, s.form);
    if (s.segment < 0)
        ts_free(name);
    if (ours && s.segment >= 0) {
        int64_t end = 0;
        ts_segment_scan(fd, &head, index_record, &s, &end);
        d->state.segments++;
        if (fstat(fd, &about) == 0 && end < (int64_t)about.st_size) {
            d->state.broken++;
            say(d, "%s: broken from byte %lld on: what follows is fetched again", path,
                (long long)end);
        }
        if (s.lost)
            say(d, "%s: no memory for its index: some of it is fetched again", path);
        return;
    }
    d->state.ignored++;
    if (fd >= 0)
        close(fd);
    else
        say(d, "%s: %s: ignored", path, strerror(errno));
    if (fd >= 0 && !sound)
        say(d, "%s: not a segment of this version: ignored", path);
}

static bool is_known(const ts_disk *d, const char *name)
{
    for (int32_t i = 0; i < d->count; i++)
        if (d->segments[i].name && strcmp(d->segments[i].name, name) == 0)
            return true;
    return false;
}

static void refresh(ts_disk *d)
{
    ts_ctx ctx;
    ts_folder_list list;
    ts_ctx_open_plain(&ctx);
    ts_folder_adopt(&ctx, d->folder);
    if (!ts_folder_read(&ctx, d->folder, &list)) {
        switch_off(d, "cannot list it", strerror(errno));
    } else if (!ctx.status) {
        d->used = list.bytes;
        for (int64_t i = 0; i < list.count; i++)
            if (!is_known(d, list.names[i])) {
                take_in(d, list.names[i]);
                list.names[i] = NULL; /* taken over */
            }
    }
    ts_folder_free(&list);
    ts_ctx_close(&ctx);
}

/* Writing. ------------------------------------------------------------------------------------- */

/* The file stays as it is and open: what was written can be read on. */
static void seal(ts_disk *d, writer *w)
{
    if (!w->path)
        return;
    segment *s = &d->segments[w->segment];
    if (w->size > TS_SEGMENT_HEAD && ts_folder_seal(s->fd, w->path)) {
        s->name = ts_strdup(strrchr(w->path, '/') + 1);
    } else {
        const int reason = errno;
        if (w->size > TS_SEGMENT_HEAD && reason != ENOENT) /* ENOENT: cleared meanwhile, by intent */
            switch_off(d, "a segment could not be sealed", strerror(reason));
        unlink(w->path);
    }
    ts_free(w->path);
    *w = (writer){.path = NULL};
}

static writer *writer_of(ts_ctx *ctx, ts_disk *d, const ts_segment_head *form, int64_t more)
{
    writer *w = NULL, *empty = NULL;
    const int64_t most = d->options.segment_bytes;
    for (int i = 0; i < WRITERS; i++) {
        if (d->writers[i].path && d->writers[i].form == form->form)
            w = &d->writers[i];
        if (!d->writers[i].path)
            empty = &d->writers[i];
    }
    if (w && w->size > TS_SEGMENT_HEAD && w->size + more > most) {
        seal(d, empty = w);
        w = NULL;
    }
    if (w || !d->state.writing)
        return w;
    if (!empty)
        seal(d, empty = &d->writers[0]);
    char *path;
    unsigned char bytes[TS_SEGMENT_HEAD];
    ts_segment_head head = *form;
    head.dataset = d->options.dataset;
    ts_segment_head_write(bytes, &head);
    const int fd = ts_folder_create(ctx, d->folder, &path);
    const bool written = fd >= 0 && ts_write_all(fd, bytes, TS_SEGMENT_HEAD);
    const int reason = errno;
    const int32_t in = written ? new_segment(d, NULL, fd, form->form) : -1;
    if (in >= 0) {
        *empty = (writer){in, form->form, path, TS_SEGMENT_HEAD};
        d->used += TS_SEGMENT_HEAD;
        d->state.segments++;
        return empty;
    }
    if (!written && !ctx->status)
        switch_off(d, "a segment could not be begun", strerror(reason));
    if (fd >= 0) {
        unlink(path);
        close(fd);
        ts_free(path);
    }
    return NULL;
}

/* The record as it goes to the file, in d->line: compressed where that makes it smaller. */
static bool compose(ts_ctx *ctx, ts_disk *d, ts_record *record, const void *data)
{
    const void *stored = data;
    if (d->options.zlib > 0 && !ts_deflate(ctx, &d->packed, data, record->bytes, d->options.zlib) &&
        d->packed.size < record->bytes) {
        stored = d->packed.at;
        record->stored = d->packed.size;
        record->packed = true;
    }
    record->crc = ts_crc32(0, stored, record->stored);
    const int64_t span = ts_record_span(record);
    if (ts_blob_reserve(ctx, &d->line, span))
        return false;
    ts_record_write(d->line.at, record);
    memset(d->line.at + span - 16, 0, 16);
    if (record->stored)
        memcpy(d->line.at + TS_RECORD_HEAD, stored, (size_t)record->stored);
    else
        ts_record_write(d->line.at, record); /* without a payload the last 16 bytes are the head's */
    return true;
}

static ts_disk_fate append(ts_ctx *ctx, ts_disk *d, const ts_segment_head *form, ts_record *record,
                           const void *data)
{
    if (!compose(ctx, d, record, data))
        return TS_DISK_REFUSED;
    const int64_t span = ts_record_span(record);
    if (d->options.budget > 0 && d->used + span + TS_SEGMENT_HEAD > d->options.budget) {
        d->state.refused++;
        return TS_DISK_REFUSED;
    }
    writer *w = writer_of(ctx, d, form, span);
    if (!w)
        return TS_DISK_REFUSED;
    const int fd = d->segments[w->segment].fd;
    if (!ts_write_all(fd, d->line.at, span)) {
        const int reason = errno;
        (void)!ftruncate(fd, (off_t)w->size); /* a half record is no harm, only useless */
        switch_off(d, "writing to it failed", strerror(reason));
        seal(d, w);
        return TS_DISK_REFUSED;
    }
    const ts_place place = {form->form, *record, w->size, w->segment};
    const bool known = ts_index_remember(&d->index, &place);
    w->size += span;
    d->used += span;
    return known ? TS_DISK_STORED : TS_DISK_REFUSED;
}

/* What others call. ---------------------------------------------------------------------------- */

static void make_folder(ts_disk *d)
{
    if (mkdir(d->folder, 0777) != 0 && errno != EEXIST)
        switch_off(d, "cannot be made", strerror(errno));
    else if (!ts_path_is_folder(d->folder))
        switch_off(d, "cannot be used", "not a folder");
}

ts_disk *ts_disk_open(ts_ctx *ctx, const ts_disk_options *options)
{
    ts_disk *d = ctx->status ? NULL : ts_alloc_zero(1, sizeof *d);
    if (d && !(d->folder = ts_strdup(options->folder))) {
        ts_free(d);
        d = NULL;
    }
    if (!d || pthread_mutex_init(&d->mutex, NULL) != 0) {
        if (d)
            ts_free(d->folder);
        ts_free(d);
        ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory for a cache", options->folder);
        return NULL;
    }
    d->options = *options;
    d->options.folder = d->folder;
    if (d->options.segment_bytes <= 0)
        d->options.segment_bytes = SEGMENT_BYTES;
    d->state.writing = true;
    make_folder(d);
    if (d->state.writing)
        refresh(d);
    return d;
}

void ts_disk_close(ts_disk *d)
{
    if (!d)
        return;
    ts_disk_seal(d);
    for (int32_t i = 0; i < d->count; i++) {
        if (d->segments[i].fd >= 0)
            close(d->segments[i].fd);
        ts_free(d->segments[i].name);
    }
    ts_free(d->segments);
    ts_index_free(&d->index);
    ts_blob_free(&d->packed);
    ts_blob_free(&d->line);
    ts_free(d->folder);
    pthread_mutex_destroy(&d->mutex);
    ts_free(d);
}

/* Forgets the place if it is still the one that was read. */
static void report_broken(ts_disk *d, const ts_place *was)
{
    pthread_mutex_lock(&d->mutex);
    ts_place *p = ts_index_find(&d->index, was->form, was->record.key);
    const segment *s = &d->segments[was->segment];
    if (p && p->segment == was->segment && p->at == was->at)
        ts_index_forget(&d->index, p);
    d->state.broken++;
    say(d, "%s/%s: the entry at byte %lld is damaged: it is fetched again", d->folder,
        s->name ? s->name : "(being written)", (long long)was->at);
    pthread_mutex_unlock(&d->mutex);
}

ts_disk_answer ts_disk_read(ts_ctx *ctx, ts_disk *d, uint64_t form, uint64_t key, uint64_t stamp,
                            ts_blob *out, ts_blob *scratch)
{
    pthread_mutex_lock(&d->mutex);
    const ts_place *p = ts_index_find(&d->index, form, key);
    const bool there = p && p->segment >= 0 && p->record.stamp == stamp;
    const ts_place copy = there ? *p : (ts_place){.segment = TS_PLACE_EMPTY};
    const int fd = there ? d->segments[copy.segment].fd : -1;
    pthread_mutex_unlock(&d->mutex);
    if (!there || fd < 0)
        return TS_DISK_MISS;
    if (ts_record_load(ctx, fd, copy.at, &copy.record, out, scratch))
        return TS_DISK_HIT;
    if (!ctx->status)
        report_broken(d, &copy);
    return TS_DISK_BROKEN;
}

ts_disk_fate ts_disk_put(ts_ctx *ctx, ts_disk *d, const ts_segment_head *form, uint64_t key,
                         uint64_t stamp, const void *data, int64_t bytes, bool again)
{
    ts_record record = {.key = key, .stamp = stamp, .stored = bytes, .bytes = bytes};
    ts_disk_fate fate = TS_DISK_REFUSED;
    pthread_mutex_lock(&d->mutex);
    const ts_place *p = ts_index_find(&d->index, form->form, key);
    if (!again && p && p->segment >= 0 && p->record.stamp == stamp)
        fate = TS_DISK_PRESENT;
    else if (d->state.writing && bytes <= TS_ENTRY_MOST)
        fate = append(ctx, d, form, &record, data);
    pthread_mutex_unlock(&d->mutex);
    return fate;
}

void ts_disk_seal(ts_disk *d)
{
    pthread_mutex_lock(&d->mutex);
    for (int i = 0; i < WRITERS; i++)
        seal(d, &d->writers[i]);
    pthread_mutex_unlock(&d->mutex);
}

void ts_disk_refresh(ts_disk *d)
{
    pthread_mutex_lock(&d->mutex);
    if (d->state.writing || d->count)
        refresh(d);
    pthread_mutex_unlock(&d->mutex);
}

void ts_disk_drop(ts_disk *d, uint64_t form)
{
    ts_ctx ctx;
    int64_t bytes = 0;
    const ts_folder_choice choice = {true, true, form, d->options.dataset};
    ts_ctx_open_plain(&ctx);
    pthread_mutex_lock(&d->mutex);
    for (int i = 0; i < WRITERS; i++)
        if (d->writers[i].path && d->writers[i].form == form)
            seal(d, &d->writers[i]);
    for (int64_t i = 0; i < d->index.places; i++)
        if (d->index.place[i].form == form)
            ts_index_forget(&d->index, &d->index.place[i]);
    for (int32_t i = 0; i < d->count; i++)
        if (d->segments[i].fd >= 0 && d->segments[i].form == form) {
            close(d->segments[i].fd);
            d->segments[i].fd = -1;
            d->state.segments--;
        }
    ts_folder_clear(&ctx, d->folder, &choice, &bytes);
    if (ctx.status)
        say(d, "%s", ctx.message);
    d->used -= bytes < d->used ? bytes : d->used;
    pthread_mutex_unlock(&d->mutex);
    ts_ctx_close(&ctx);
}

void ts_disk_look(ts_disk *d, ts_disk_state *state)
{
    pthread_mutex_lock(&d->mutex);
    *state = d->state;
    state->used = d->used;
    state->entries = d->index.entries;
    state->bytes = d->index.bytes;
    pthread_mutex_unlock(&d->mutex);
}
