/* limits.h: how much a file may ask of us.
 *
 * Every reader of this room refuses what lies beyond these numbers with one sentence, before any
 * memory is taken for it. They stand far above what published checkpoints and real pictures need;
 * what they stop is a small file that claims to be a huge one. */
#ifndef TS_IO_LIMITS_H
#define TS_IO_LIMITS_H

#include <stdint.h>

/* The header of a safetensors file: the published library's own limit. */
#define TS_LIMIT_HEADER_BYTES ((int64_t)100000000)

/* Tensors in one safetensors file; FLUX.1 has 780 in three files. */
#define TS_LIMIT_TENSORS ((int64_t)100000)

/* Bytes of a tensor's name; the longest of FLUX.1 has 62. */
#define TS_LIMIT_NAME ((int64_t)512)

/* Files that one index may name. */
#define TS_LIMIT_SHARDS ((int64_t)256)

/* A JSON text: configurations, indices, cases, tokenizers (the largest in use have 20 MB). */
#define TS_LIMIT_JSON_BYTES ((int64_t)64 << 20)

/* Arrays and objects inside one another in a JSON text. */
#define TS_LIMIT_JSON_DEPTH 64

/* The header of an .npy file; NumPy itself writes at most some hundred bytes for plain arrays. */
#define TS_LIMIT_NPY_HEADER ((int64_t)65536)

/* A compressed picture as it lies on the disk. */
#define TS_LIMIT_PICTURE_BYTES ((int64_t)512 << 20)

/* Width times height of a picture, and of --size: 400 MB as RGB. */
#define TS_LIMIT_PIXELS ((int64_t)1 << 27)

/* Up to this many pixels a picture may be compressed as well as it likes: a black mask of this size
 * is a few kilobytes. */
#define TS_LIMIT_FREE_PIXELS ((int64_t)1 << 25)

/* Above that, pixels for each byte of the file. */
#define TS_LIMIT_PICTURE_RATIO ((int64_t)1024)

/* Passes over the picture in one JPEG file; encoders use about ten. Each pass costs a whole decode.
 */
#define TS_LIMIT_JPEG_SCANS 64

#endif
