/* The best form of the lane kernel of choice known in C: 32 consumers side by side in four vectors of eight floats,
 * an offer at a time. The same work as kernels/choice.py: clamped exponents, the same polynomial, loyalty, running sums,
 * and the slot in which each consumer's mark falls. */
#if !defined(__AVX2__) || !defined(__FMA__)
#error "written for AVX2 and FMA"
#endif
#include <immintrin.h>
#define VECTORS 4
#define LANES (8 * VECTORS)
#define TASTES 6
#define FEATURES 6
#define ALL(x) _mm256_set1_ps(x)

static inline __attribute__((always_inline)) __m256 exp2f_of(__m256 x) {
    const __m256 magic = ALL(12582912.0f);
    x = _mm256_max_ps(_mm256_min_ps(x, ALL(120.0f)), ALL(-126.0f));
    __m256 shifted = _mm256_add_ps(x, magic);
    __m256 f = _mm256_sub_ps(x, _mm256_sub_ps(shifted, magic));
    __m256 p = _mm256_fmadd_ps(f, ALL(0.0013400433f), ALL(0.0096760374f));
    p = _mm256_fmadd_ps(f, p, ALL(0.0555032715f));
    p = _mm256_fmadd_ps(f, p, ALL(0.2402210683f));
    p = _mm256_fmadd_ps(f, p, ALL(0.6931471825f));
    p = _mm256_fmadd_ps(f, p, ALL(1.0000001192f));
    __m256i bits = _mm256_add_epi32(_mm256_castps_si256(p), _mm256_slli_epi32(_mm256_castps_si256(shifted), 23));
    return _mm256_castsi256_ps(bits);
}

/* feature[page][slot][6], seller[page][slot]; blocks of 32 consumers, `blocks` to a page: lane[block][6][32],
 * last[block][32], chance[block][32]. Written: slot[block][32] and running[slot][32], the sums of the last block. */
void choose(const float *feature, const int *seller, long slots, long pages, long blocks, float scale,
            const float *lane, const int *last, const float *chance, int *slot, float *running) {
    for (long page = 0; page < pages; page++) {
        const float *shown = feature + page * slots * FEATURES;
        const int *sells = seller + page * slots;
        for (long block = page * blocks; block < (page + 1) * blocks; block++) {
            const float *taste = lane + block * TASTES * LANES;
            __m256 total[VECTORS];
            __m256i knows[VECTORS];
            for (int v = 0; v < VECTORS; v++) {
                total[v] = _mm256_setzero_ps();
                knows[v] = _mm256_loadu_si256((const __m256i *)(last + block * LANES + 8 * v));
            }
            for (long k = 0; k < slots; k++) {
                const float *f = shown + k * FEATURES;
                __m256 constant = ALL(f[0] * scale);
                __m256i here = _mm256_set1_epi32(sells[k]);
                for (int v = 0; v < VECTORS; v++) {
                    __m256 value = constant;
                    for (int d = 0; d < 5; d++)
                        value = _mm256_fmadd_ps(ALL(f[d + 1]), _mm256_loadu_ps(taste + d * LANES + 8 * v), value);
                    __m256 same = _mm256_castsi256_ps(_mm256_cmpeq_epi32(knows[v], here));
                    value = _mm256_add_ps(value, _mm256_and_ps(same, _mm256_loadu_ps(taste + 5 * LANES + 8 * v)));
                    total[v] = _mm256_add_ps(total[v], exp2f_of(value));
                    _mm256_storeu_ps(running + k * LANES + 8 * v, total[v]);
                }
            }
            for (int v = 0; v < VECTORS; v++) {
                __m256 mark = _mm256_mul_ps(_mm256_loadu_ps(chance + block * LANES + 8 * v), total[v]);
                __m256i count = _mm256_setzero_si256();
                for (long k = 0; k < slots - 1; k++) {
                    __m256 at = _mm256_loadu_ps(running + k * LANES + 8 * v);
                    count = _mm256_sub_epi32(count, _mm256_castps_si256(_mm256_cmp_ps(at, mark, _CMP_LE_OQ)));
                }
                _mm256_storeu_si256((__m256i *)(slot + block * LANES + 8 * v), count);
            }
        }
    }
}
