/* status.h: how a function says that it failed.
 *
 * Every public function returns a ts_status; the sentence that explains a failure (which file,
 * which field, what was expected) is kept in the context. The first failure wins: whatever fails
 * afterwards because of it does not overwrite the sentence. */
#ifndef TS_BASE_STATUS_H
#define TS_BASE_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    TS_OK = 0,
    TS_ERROR_USAGE,       /* the caller's words are wrong: option, setting, name */
    TS_ERROR_SHAPE,       /* sizes or types that do not fit together */
    TS_ERROR_FORMAT,      /* a file that is not what it claims to be */
    TS_ERROR_IO,          /* the system refused: open, read, write, map */
    TS_ERROR_MEMORY,      /* an allocation failed */
    TS_ERROR_UNSUPPORTED, /* well formed, but not built in or not defined */
    TS_ERROR_MISMATCH,    /* a result outside its bound */
    TS_ERROR_INTERRUPTED  /* the user asked to stop */
} ts_status;

#if defined(__GNUC__)
#define TS_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define TS_PRINTF(text, first)
#endif

struct ts_ctx;

/* Records the failure `code` with its sentence in the context, unless one stands there already, and
 * returns `code`: `return ts_fail(ctx, TS_ERROR_IO, "%s: %s", path, strerror(errno));` */
ts_status ts_fail(struct ts_ctx *ctx, ts_status code, const char *format, ...) TS_PRINTF(3, 4);

/* The name of a status, for reports: "usage", "shape", ... */
const char *ts_status_name(ts_status status);

#ifdef __cplusplus
}
#endif
#endif
