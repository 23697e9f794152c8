/* A file of pictures and labels: IDX and both forms of CIFAR. */
#include "tests/fuzz/fuzz.h"

#include "ref/train/samples.h"

/* The first byte says what the rest is: IDX (labels: eight bytes of header and the last quarter), or
 * records. */
int fuzz_samples(const uint8_t *data, size_t size)
{
    static const char *const formats[] = {"idx", "cifar10", "cifar100", "auto"};
    if (size < 1)
        return 0;
    const int format = data[0] % 4;
    const size_t labels = (size - 1) / 4;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    fuzz_file("labels.idx1", data + size - labels, labels);
    const char *path = fuzz_file(format == 0 || format == 3 ? "images.idx3" : "a.bin", data + 1,
                                 size - 1 - (format == 0 ? labels : 0));
    ts_samples *s = ts_samples_open(&ctx, path, formats[format]);
    if (s) {
        const ts_samples_size all = ts_samples_size_of(s);
        for (int64_t i = 0; i < all.count && i < 4; i++) {
            ts_picture p;
            fuzz_require(ts_samples_label(s, i) >= 0 && ts_samples_label(s, i) < all.classes,
                         "a label is a class");
            fuzz_require(!ts_samples_picture(&ctx, s, i, &p), "a picture of the set can be had");
            fuzz_require(p.width == all.width && p.height == all.height, "of the set's size");
            ts_picture_free(&p);
        }
        ts_samples_close(s);
    }
    fuzz_end(&ctx);
    return 0;
}
