/* keys.c: quickselect (Hoare 1961) on keys. Test: tests/topk/test_keys.c */
#include "ref/topk/keys.h"

static uint64_t middle(uint64_t a, uint64_t b, uint64_t c)
{
    if ((a <= b && b <= c) || (c <= b && b <= a))
        return b;
    return (b <= a && a <= c) || (c <= a && a <= b) ? a : c;
}

uint64_t ts_keys_kth(uint64_t *keys, int64_t n, int64_t k)
{
    int64_t low = 0, high = n - 1, want = k - 1; /* the order is descending */
    while (low < high) {
        const uint64_t pivot = middle(keys[low], keys[low + (high - low) / 2], keys[high]);
        int64_t i = low, j = high;
        /* Equal keys stop both sides, so many of them are halved, not left on one side. */
        while (i <= j) {
            while (keys[i] > pivot)
                i++;
            while (keys[j] < pivot)
                j--;
            if (i <= j) {
                const uint64_t key = keys[i];
                keys[i++] = keys[j];
                keys[j--] = key;
            }
        }
        if (want <= j)
            high = j;
        else if (want >= i)
            low = i;
        else
            break; /* between the sides all keys are the pivot */
    }
    return keys[want];
}
