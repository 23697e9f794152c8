/* safetensors.h: named tensors in one file.
 *
 * Layout: 8 bytes, the length N of the header as a little-endian integer; N bytes of JSON; the
 * data. The header maps each name to {"dtype", "shape", "data_offsets": [begin, end]}, offsets
 * counted from the end of the header; "__metadata__" maps texts to texts. Data is little-endian,
 * rows first. Source: the format's description at github.com/huggingface/safetensors.
 *
 * Refused, as by the published library: data that overlaps or leaves holes (also behind the last
 * tensor), a range whose length is not shape times dtype, names that stand twice. Refused besides:
 * more axes than TS_MAX_RANK, types that dtype.h lacks, names with control characters, and what
 * goes beyond limits.h.
 *
 * Reading maps the file and copies nothing: a tensor is a view of the mapping. Only on a big-endian
 * machine, or where the data of a tensor is not aligned to its type (the format does not promise
 * that), the tensor is a copy. */
#ifndef TS_IO_SAFETENSORS_H
#define TS_IO_SAFETENSORS_H

#include "ref/base/ctx.h"
#include "ref/io/items.h"

#include <jansson.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ts_safetensors ts_safetensors;

/* NULL after a failure. Tensors and texts obtained from it die with it; they are not written to. */
ts_safetensors *ts_safetensors_open(ts_ctx *ctx, const char *path);
void ts_safetensors_close(ts_safetensors *file); /* NULL is legal */

const char *ts_safetensors_path(const ts_safetensors *file);
int64_t ts_safetensors_count(const ts_safetensors *file);
const char *ts_safetensors_name(const ts_safetensors *file, int64_t i); /* as in the header */
ts_tensor ts_safetensors_tensor(const ts_safetensors *file, int64_t i);
int64_t ts_safetensors_find(const ts_safetensors *file, const char *name); /* -1: no such tensor */
ts_tensor ts_safetensors_get(const ts_safetensors *file, const char *name); /* empty: likewise */

/* "__metadata__": the text under a key, or NULL; and all of it (an empty object when there is
 * none). */
const char *ts_safetensors_metadata(const ts_safetensors *file, const char *key);
const json_t *ts_safetensors_all_metadata(const ts_safetensors *file);

/* Writes the tensors (strided views are laid out on the way) with the metadata (an object of texts,
 * or NULL). The header names them in the order given; their data is ordered by the size of its
 * type, widest first, so that every tensor is aligned. The same input gives the same bytes. Atomic.
 */
ts_status ts_safetensors_write(ts_ctx *ctx, const char *path, const ts_items *items,
                               const json_t *metadata);

#ifdef __cplusplus
}
#endif
#endif
