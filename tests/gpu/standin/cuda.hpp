// The CUDA that kernels here are written in, for a C++ compiler: what a kernel may use without any header.
// Only what NVRTC knows for all targets is here; a name that is missing is missing on purpose or may be added.

#define FASTCLUSTER_HOST 1
#define __global__ __attribute__((visibility("default")))
#define __device__ static __attribute__((unused))
#define __constant__ static
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))
#define threadIdx (standin::current->index)
#define blockIdx (standin::block.index)
#define blockDim (standin::block.size)
#define gridDim (standin::block.grid)
static const int warpSize = 32;

using std::ceil; using std::copysign; using std::exp; using std::fabs; using std::floor; using std::fma;
using std::fmax; using std::fmin; using std::isfinite; using std::isinf; using std::isnan; using std::ldexp;
using std::log; using std::rint; using std::signbit; using std::sqrt; using std::trunc;

// --- vectors

#define STANDIN_VECTORS(type, name, bytes)                                                                  \
    struct alignas(2 * bytes) name##2 { type x, y; };                                                       \
    struct alignas(4 * bytes > 16 ? 16 : 4 * bytes) name##4 { type x, y, z, w; };                           \
    static inline name##2 make_##name##2(type x, type y) { return {x, y}; }                                 \
    static inline name##4 make_##name##4(type x, type y, type z, type w) { return {x, y, z, w}; }
STANDIN_VECTORS(signed char, char, 1)
STANDIN_VECTORS(unsigned char, uchar, 1)
STANDIN_VECTORS(short, short, 2)
STANDIN_VECTORS(unsigned short, ushort, 2)
STANDIN_VECTORS(int, int, 4)
STANDIN_VECTORS(unsigned, uint, 4)
STANDIN_VECTORS(float, float, 4)
STANDIN_VECTORS(double, double, 8)
STANDIN_VECTORS(long long, longlong, 8)
STANDIN_VECTORS(unsigned long long, ulonglong, 8)

// --- bits

template <class To, class From> static inline To standin_bits(From from)
{
    static_assert(sizeof(To) == sizeof(From), "bits of another size");
    To to;
    memcpy(&to, &from, sizeof to);
    return to;
}
static inline unsigned __float_as_uint(float x) { return standin_bits<unsigned>(x); }
static inline int __float_as_int(float x) { return standin_bits<int>(x); }
static inline float __uint_as_float(unsigned x) { return standin_bits<float>(x); }
static inline float __int_as_float(int x) { return standin_bits<float>(x); }
static inline long long __double_as_longlong(double x) { return standin_bits<long long>(x); }
static inline double __longlong_as_double(long long x) { return standin_bits<double>(x); }
static inline int __double2hiint(double x) { return (int)(standin_bits<long long>(x) >> 32); }
static inline int __double2loint(double x) { return (int)standin_bits<long long>(x); }
static inline double __hiloint2double(int high, int low)
{
    return standin_bits<double>((unsigned long long)(unsigned)high << 32 | (unsigned)low);
}
static inline int __popc(unsigned x) { return __builtin_popcount(x); }
static inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
static inline int __ffs(int x) { return __builtin_ffs(x); }
static inline int __ffsll(long long x) { return __builtin_ffsll(x); }
static inline int __clz(int x) { return x ? __builtin_clz(x) : 32; }
static inline int __clzll(long long x) { return x ? __builtin_clzll(x) : 64; }
static inline unsigned __umulhi(unsigned x, unsigned y) { return (unsigned long long)x * y >> 32; }
static inline unsigned long long __umul64hi(unsigned long long x, unsigned long long y)
{
    return (unsigned __int128)x * y >> 64;
}
static inline unsigned __brev(unsigned x)
{
    unsigned reversed = 0;
    for (int bit = 0; bit < 32; bit++) reversed |= (x >> bit & 1) << (31 - bit);
    return reversed;
}

// --- float16

static inline double float_to_double(float value) { return value; }
static inline float double_to_float(double value) { return (float)value; }

static inline float half_to_float(unsigned short bits)
{
    unsigned sign = (unsigned)(bits & 0x8000) << 16, exponent = bits >> 10 & 31, mantissa = bits & 1023;
    if (exponent == 31) return __uint_as_float(sign | 0x7f800000 | mantissa << 13);
    if (exponent) return __uint_as_float(sign | (exponent + 112) << 23 | mantissa << 13);
    float magnitude = (float)mantissa * 0x1p-24f;
    return sign ? -magnitude : magnitude;
}

static inline unsigned short float_to_half(float value)
{
    unsigned bits = __float_as_uint(value), sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) return sign | 0x7fff;
    if (magnitude >= 0x477ff000) return sign | 0x7c00;          // 65520 and above round to infinity
    if (magnitude < 0x38800000) {                               // below 2^-14: steps of 2^-24, ties to even
        return sign | (unsigned)std::nearbyint(__uint_as_float(magnitude) * 0x1p24f);
    }
    unsigned odd = magnitude >> 13 & 1;
    return sign | ((magnitude + 0xfff + odd) >> 13) - (112 << 10);
}

// --- arithmetic with a rounding of its own

template <class T, class F> static inline T standin_rounded(int mode, F operation)
{
    int before = fegetround();
    fesetround(mode);
    volatile T result = operation();
    fesetround(before);
    return result;
}
#define STANDIN_ROUNDED(suffix, mode)                                                                       \
    static inline double __dadd_##suffix(double a, double b)                                                \
    { volatile double x = a, y = b; return standin_rounded<double>(mode, [&] { return x + y; }); }          \
    static inline double __dsub_##suffix(double a, double b)                                                \
    { volatile double x = a, y = b; return standin_rounded<double>(mode, [&] { return x - y; }); }          \
    static inline double __dmul_##suffix(double a, double b)                                                \
    { volatile double x = a, y = b; return standin_rounded<double>(mode, [&] { return x * y; }); }          \
    static inline double __ddiv_##suffix(double a, double b)                                                \
    { volatile double x = a, y = b; return standin_rounded<double>(mode, [&] { return x / y; }); }          \
    static inline double __dsqrt_##suffix(double a)                                                         \
    { volatile double x = a; return standin_rounded<double>(mode, [&] { return std::sqrt((double)x); }); }  \
    static inline double __fma_##suffix(double a, double b, double c)                                       \
    { volatile double x = a; return standin_rounded<double>(mode, [&] { return std::fma((double)x, b, c); }); } \
    static inline float __fadd_##suffix(float a, float b)                                                   \
    { volatile float x = a, y = b; return standin_rounded<float>(mode, [&] { return x + y; }); }            \
    static inline float __fsub_##suffix(float a, float b)                                                   \
    { volatile float x = a, y = b; return standin_rounded<float>(mode, [&] { return x - y; }); }            \
    static inline float __fmul_##suffix(float a, float b)                                                   \
    { volatile float x = a, y = b; return standin_rounded<float>(mode, [&] { return x * y; }); }            \
    static inline float __fdiv_##suffix(float a, float b)                                                   \
    { volatile float x = a, y = b; return standin_rounded<float>(mode, [&] { return x / y; }); }            \
    static inline float __fsqrt_##suffix(float a)                                                           \
    { volatile float x = a; return standin_rounded<float>(mode, [&] { return std::sqrt((float)x); }); }     \
    static inline float __fmaf_##suffix(float a, float b, float c)                                          \
    { volatile float x = a; return standin_rounded<float>(mode, [&] { return std::fma((float)x, b, c); }); } \
    static inline float __double2float_##suffix(double a)                                                   \
    { volatile double x = a; return standin_rounded<float>(mode, [&] { return (float)x; }); }               \
    static inline long long __double2ll_##suffix(double a)                                                  \
    { volatile double x = a; return (long long)standin_rounded<double>(mode, [&] { return std::rint((double)x); }); } \
    static inline int __double2int_##suffix(double a) { return (int)__double2ll_##suffix(a); }              \
    static inline int __float2int_##suffix(float a) { return (int)__double2ll_##suffix(a); }                \
    static inline double __ll2double_##suffix(long long a)                                                  \
    { volatile long long x = a; return standin_rounded<double>(mode, [&] { return (double)x; }); }          \
    static inline float __ll2float_##suffix(long long a)                                                    \
    { volatile long long x = a; return standin_rounded<float>(mode, [&] { return (float)x; }); }            \
    static inline float __int2float_##suffix(int a) { return __ll2float_##suffix(a); }                      \
    static inline float __uint2float_##suffix(unsigned a) { return __ll2float_##suffix(a); }
STANDIN_ROUNDED(rn, FE_TONEAREST)
STANDIN_ROUNDED(ru, FE_UPWARD)
STANDIN_ROUNDED(rd, FE_DOWNWARD)
STANDIN_ROUNDED(rz, FE_TOWARDZERO)

#define STANDIN_MIN_MAX(type)                                                                               \
    static inline type min(type a, type b) { return b < a ? b : a; }                                        \
    static inline type max(type a, type b) { return a < b ? b : a; }
STANDIN_MIN_MAX(int)
STANDIN_MIN_MAX(unsigned)
STANDIN_MIN_MAX(long)
STANDIN_MIN_MAX(unsigned long)
STANDIN_MIN_MAX(long long)
STANDIN_MIN_MAX(unsigned long long)
static inline float min(float a, float b) { return std::fmin(a, b); }
static inline float max(float a, float b) { return std::fmax(a, b); }
static inline double min(double a, double b) { return std::fmin(a, b); }
static inline double max(double a, double b) { return std::fmax(a, b); }

// --- memory

template <class T> static inline T __ldg(const T *from) { return *from; }
template <class T> static inline T __ldcg(const T *from) { return *from; }
template <class T> static inline T __ldcs(const T *from) { return *from; }
template <class T> static inline void __stcs(T *to, T value) { *to = value; }
static inline void __threadfence() {}
static inline void __threadfence_block() {}
#define __trap() STANDIN_FAIL("__trap()")
#define assert(condition) do { if (!(condition)) STANDIN_FAIL("assertion failed: %s", #condition); } while (0)

// Integers only: sums of floats would depend on the order of the threads.
#define STANDIN_ATOMIC(name, type, expression)                                                              \
    static inline type name(type *at, type value)                                                           \
    {                                                                                                       \
        standin::maybe_pause();                                                                             \
        type old = *(volatile type *)at;                                                                    \
        *(volatile type *)at = (expression);                                                                \
        return old;                                                                                         \
    }
#define STANDIN_ATOMICS(type)                                                                               \
    STANDIN_ATOMIC(atomicMin, type, value < old ? value : old)                                              \
    STANDIN_ATOMIC(atomicMax, type, old < value ? value : old)                                              \
    STANDIN_ATOMIC(atomicAnd, type, old & value)                                                            \
    STANDIN_ATOMIC(atomicOr, type, old | value)                                                             \
    STANDIN_ATOMIC(atomicXor, type, old ^ value)
#define STANDIN_ATOMIC_ADD(type) STANDIN_ATOMIC(atomicAdd, type, old + value)
#define STANDIN_ATOMIC_EXCHANGE(type)                                                                       \
    STANDIN_ATOMIC(atomicExch, type, value)                                                                 \
    static inline type atomicCAS(type *at, type expected, type value)                                       \
    {                                                                                                       \
        standin::maybe_pause();                                                                             \
        type old = *(volatile type *)at;                                                                    \
        if (old == expected) *(volatile type *)at = value;                                                  \
        return old;                                                                                         \
    }
STANDIN_ATOMICS(int)
STANDIN_ATOMICS(unsigned)
STANDIN_ATOMICS(long long)
STANDIN_ATOMICS(unsigned long long)
STANDIN_ATOMIC_ADD(int)
STANDIN_ATOMIC_ADD(unsigned)
STANDIN_ATOMIC_ADD(unsigned long long)
STANDIN_ATOMIC_EXCHANGE(int)
STANDIN_ATOMIC_EXCHANGE(unsigned)
STANDIN_ATOMIC_EXCHANGE(unsigned long long)
STANDIN_ATOMIC(atomicSub, int, old - value)
STANDIN_ATOMIC(atomicSub, unsigned, old - value)

// --- threads together

static inline void __syncthreads() { standin::barrier("__syncthreads", 0); }
static inline int __syncthreads_count(int vote) { return standin::barrier("__syncthreads_count", vote != 0); }
static inline int __syncthreads_or(int vote) { return standin::barrier("__syncthreads_or", vote != 0) > 0; }
static inline int __syncthreads_and(int vote)
{
    return standin::barrier("__syncthreads_and", vote != 0) == (int)standin::block.n_threads;
}
static inline void __syncwarp(unsigned mask = 0xffffffffu) { standin::meet(mask, "__syncwarp", &mask, 0); }

static inline unsigned __ballot_sync(unsigned mask, int vote)
{
    const char *what = "__ballot_sync";
    standin::meet(mask, what, &vote, sizeof vote);
    unsigned ballot = 0;
    for (unsigned lane = 0; lane < 32; lane++) {
        if (mask >> lane & 1 && standin::brought_by<int>(lane, mask, what)) ballot |= 1u << lane;
    }
    return ballot;
}
static inline int __any_sync(unsigned mask, int vote) { return __ballot_sync(mask, vote) != 0; }
static inline int __all_sync(unsigned mask, int vote) { return __ballot_sync(mask, vote) == mask; }

template <class T> static inline T standin_shuffle(
    unsigned mask, T value, const char *what, int source, int first, int last)
{
    standin::meet(mask, what, &value, sizeof value);
    if (source < first || source > last) return value;
    return standin::brought_by<T>(source, mask, what);
}
#define STANDIN_SHUFFLES(type)                                                                              \
    static inline type __shfl_sync(unsigned mask, type value, int source, int width = 32)                   \
    {                                                                                                       \
        int first = (int)standin::current->lane & -width;                                                   \
        return standin_shuffle(mask, value, "__shfl_sync", first + (source & (width - 1)), 0, 31);          \
    }                                                                                                       \
    static inline type __shfl_up_sync(unsigned mask, type value, unsigned by, int width = 32)               \
    {                                                                                                       \
        int lane = standin::current->lane;                                                                  \
        return standin_shuffle(mask, value, "__shfl_up_sync", lane - (int)by, lane & -width, 31);           \
    }                                                                                                       \
    static inline type __shfl_down_sync(unsigned mask, type value, unsigned by, int width = 32)             \
    {                                                                                                       \
        int lane = standin::current->lane, last = (lane & -width) + width - 1;                              \
        return standin_shuffle(mask, value, "__shfl_down_sync", lane + (int)by, 0, last);                   \
    }                                                                                                       \
    static inline type __shfl_xor_sync(unsigned mask, type value, int by, int width = 32)                   \
    {                                                                                                       \
        int lane = standin::current->lane, last = (lane & -width) + width - 1;                              \
        return standin_shuffle(mask, value, "__shfl_xor_sync", lane ^ by, 0, last);                         \
    }
STANDIN_SHUFFLES(int)
STANDIN_SHUFFLES(unsigned)
STANDIN_SHUFFLES(long)
STANDIN_SHUFFLES(unsigned long)
STANDIN_SHUFFLES(long long)
STANDIN_SHUFFLES(unsigned long long)
STANDIN_SHUFFLES(float)
STANDIN_SHUFFLES(double)

/// One warp's 16 x 8 tile d += a · b over 16 float16 columns, the fragments laid out as by mma.m16n8k16.
static inline void mma_16816(float d[4], const unsigned a[4], const unsigned b[2])
{
    const unsigned mask = 0xffffffffu;
    const char *what = "mma_16816";
    struct { unsigned a[4], b[2]; } mine = {{a[0], a[1], a[2], a[3]}, {b[0], b[1]}};
    standin::meet(mask, what, &mine, sizeof mine);
    int group = standin::current->lane / 4, column = standin::current->lane % 4 * 2;
    for (int i = 0; i < 4; i++) {
        int row = i < 2 ? group : group + 8, n = column + i % 2;
        for (int k = 0; k < 16; k++) {
            int rows_lane = row % 8 * 4 + k % 8 / 2, columns_lane = n * 4 + k % 8 / 2;
            unsigned pair_a = standin::brought_by<decltype(mine)>(rows_lane, mask, what).a[row / 8 + k / 8 * 2];
            unsigned pair_b = standin::brought_by<decltype(mine)>(columns_lane, mask, what).b[k / 8];
            d[i] += half_to_float(pair_a >> (k % 2 * 16) & 0xffff) * half_to_float(pair_b >> (k % 2 * 16) & 0xffff);
        }
    }
}
