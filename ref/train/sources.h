/* sources.h: inside the room: what a reader of a format gives. */
#ifndef TS_TRAIN_SOURCES_H
#define TS_TRAIN_SOURCES_H

#include "ref/io/file.h"
#include "ref/train/samples.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TS_SAMPLE_FILES = 64, TS_SAMPLE_CLASSES = 65536 };

/* Records of a mapped file: `label` bytes, then the picture's bytes. */
typedef struct {
    ts_map map;
    int64_t first, count; /* place of the first record, number of them */
} ts_sample_file;

struct ts_samples {
    ts_samples_size size;
    bool planes;             /* channels one after the other, not side by side */
    int64_t record, skip;    /* bytes of a record, and of it before the picture */
    int label_at;            /* of the label in the record; -1: in `labels` */
    ts_sample_file file[TS_SAMPLE_FILES];
    int files;
    ts_map labels;           /* of IDX */
    int64_t labels_first;
    char **paths, **classes; /* of a folder: a path for each picture, a name for each class */
    int32_t *label;
};

/* Each fills s, or fails. */
ts_status ts_samples_idx(ts_ctx *ctx, ts_samples *s, const char *path);
ts_status ts_samples_cifar(ts_ctx *ctx, ts_samples *s, const char *path, int label_bytes);
ts_status ts_samples_folder(ts_ctx *ctx, ts_samples *s, const char *path);

/* The entries of a folder but those that begin with a dot, by name; freed by ts_names_free. */
typedef struct {
    char **at;
    int64_t count, room;
} ts_names;
ts_status ts_names_read(ts_ctx *ctx, ts_names *names, const char *folder);
void ts_names_free(ts_names *names);

#ifdef __cplusplus
}
#endif
#endif
