/* table_id.c: hashes and counter-based random numbers of ids.
 *
 *     id(text)  = mix64(fnv1a64(text))
 *     owner(id) = mix64(id xor 0x9e3779b97f4a7c15) mod N, or id mod N (as TFRA and HugeCTR do)
 *     words     = Philox4x32-10, counter (low id, high id, block, table), key (low seed, high seed)
 *     u         = (word + 1/2) 2^-32
 *     normals   = sqrt(-2 log u0) (cos 2 pi u1, sin 2 pi u1), and of u2, u3 likewise
 *
 * A uniform number takes a word; of a block of four words come four numbers of either kind. Sources:
 * FNV-1a (Fowler, Noll, Vo), the finaliser of SplitMix64 (Steele, Lea and Flood 2014), Philox (Salmon
 * et al. 2011), Box and Muller 1958. That ids have 64 bits is said of the author's library (RFC
 * "Sparse Domain Isolation"); all the rest is this implementation's choice.
 *
 * Test: tests/des/test_table_id.c */
#include "ref/des/table_id.h"

#include "ref/base/mathf.h"
#include "ref/base/rng.h"

#include <math.h>
#include <stdio.h>

static const uint64_t OWNER = UINT64_C(0x9e3779b97f4a7c15), CHANCE = UINT64_C(0xd1b54a32d192ed03);

static uint64_t fnv1a(uint64_t h, const char *text, int64_t length)
{
    for (int64_t i = 0; i < length; i++)
        h = (h ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
    return h;
}

static const uint64_t FNV = UINT64_C(0xcbf29ce484222325);

uint64_t ts_id_of_text(const char *text, int64_t length)
{
    return ts_mix64(fnv1a(FNV, text, length));
}

uint64_t ts_id_of_field(int64_t field, const char *text, int64_t length)
{
    char begin[32];
    const int n = snprintf(begin, sizeof begin, "C%lld=", (long long)field);
    return ts_mix64(fnv1a(fnv1a(FNV, begin, n), text, length));
}

int ts_id_owner(ts_id_partition how, uint64_t id, int ranks)
{
    const uint64_t n = (uint64_t)ranks;
    return (int)(how == TS_ID_MODULO ? id % n : ts_mix64(id ^ OWNER) % n);
}

static void words_of(double u[4], uint64_t seed, uint64_t id, uint32_t block, uint32_t table)
{
    const uint32_t counter[4] = {(uint32_t)id, (uint32_t)(id >> 32), block, table};
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t word[4];
    ts_philox(word, counter, key);
    for (int i = 0; i < 4; i++)
        u[i] = ((double)word[i] + 0.5) * 0x1p-32;
}

/* Four numbers of a block. */
static void four(double x[4], const ts_id_init *init, uint64_t id, uint32_t block)
{
    double u[4];
    words_of(u, init->seed, id, block, init->table);
    for (int i = 0; i < 4; i += 2) {
        const double angle = 2.0 * 3.14159265358979323846 * u[i + 1];
        const double radius = init->draw == TS_ID_NORMAL ? sqrt(-2.0 * ts_log(u[i])) : 0.0;
        x[i] = init->draw == TS_ID_NORMAL ? radius * ts_cos(angle) : 2.0 * u[i] - 1.0;
        x[i + 1] = init->draw == TS_ID_NORMAL ? radius * ts_sin(angle) : 2.0 * u[i + 1] - 1.0;
    }
}

void ts_id_begin(void *values, ts_dtype dtype, int64_t width, const ts_id_init *init, uint64_t id)
{
    double x[4] = {0};
    int64_t block = -1;
    for (int64_t j = 0; j < width; j++) {
        const bool drawn = init->draw != TS_ID_ZERO && j >= init->first &&
                           j - init->first < init->count;
        const int64_t number = init->offset + j - init->first;
        if (drawn && number / 4 != block)
            four(x, init, id, (uint32_t)(block = number / 4));
        const double value = drawn ? init->scale * x[number % 4] : 0.0;
        if (dtype == TS_F32)
            ((float *)values)[j] = (float)value;
        else
            ((double *)values)[j] = value;
    }
}

double ts_id_chance(uint64_t seed, uint32_t table, uint64_t id, uint32_t now)
{
    double u[4];
    words_of(u, seed ^ CHANCE, id, now, table);
    return u[0];
}
