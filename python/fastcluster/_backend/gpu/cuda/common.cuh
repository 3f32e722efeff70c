// What every kernel here starts with: no headers, so that this text compiles wherever NVRTC does.
//
// FASTCLUSTER_HOST is defined where the tests compile kernels for the CPU; these few functions are then given.

#ifndef FASTCLUSTER_HOST

/// float32 as float64; exact. CuPy compiles with -ftz=true, under which a cast takes denormals for zeros.
__device__ __forceinline__ double float_to_double(float value)
{
    double wide;
    asm("cvt.f64.f32 %0, %1;" : "=d"(wide) : "f"(value));
    return wide;
}

/// The nearest float32, ties to even; denormals stay, as in `float_to_double`.
__device__ __forceinline__ float double_to_float(double value)
{
    float narrow;
    asm("cvt.rn.f32.f64 %0, %1;" : "=f"(narrow) : "d"(value));
    return narrow;
}

/// float16 bits as float32; exact.
__device__ __forceinline__ float half_to_float(unsigned short bits)
{
    float value;
    asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(bits));
    return value;
}

/// The nearest float16, ties to even.
__device__ __forceinline__ unsigned short float_to_half(float value)
{
    unsigned short bits;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(value));
    return bits;
}

/// One warp's 16 x 8 tile d += a · b over 16 columns of float16, on tensor cores.
/// The fragments lie as PTX says for mma.m16n8k16; Turing does it in two steps of 8 columns. All lanes have to get here
/// together: volatile, so that no compiler moves it to where its result is used, which may be by some lanes only.
__device__ __forceinline__ void mma_16816(float d[4], const unsigned a[4], const unsigned b[2])
{
#if __CUDA_ARCH__ >= 800
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
        "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
    for (int half = 0; half < 2; half++) {
        asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 "
            "{%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
            : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
            : "r"(a[2 * half]), "r"(a[2 * half + 1]), "r"(b[half]));
    }
#endif
}

#endif

/// bfloat16 bits as float32; exact.
__device__ __forceinline__ float bfloat_to_float(unsigned short bits)
{
    return __uint_as_float((unsigned)bits << 16);
}

#define FULL_WARP 0xffffffffu
#define INFINITE __longlong_as_double(0x7ff0000000000000ll)
#define INFINITE_32 __uint_as_float(0x7f800000u)

// ROW is the type of the original rows: 0 float32, 1 float64, 2 float16, 3 bfloat16, 4 int8, 5 uint8.
#ifndef ROW
#define ROW 0
#endif
#if ROW == 0
typedef float row_t;
__device__ __forceinline__ double as_double(row_t value) { return float_to_double(value); }
#elif ROW == 1
typedef double row_t;
__device__ __forceinline__ double as_double(row_t value) { return value; }
#elif ROW == 2
typedef unsigned short row_t;
__device__ __forceinline__ double as_double(row_t value) { return (double)half_to_float(value); }
#elif ROW == 3
typedef unsigned short row_t;
__device__ __forceinline__ double as_double(row_t value) { return float_to_double(bfloat_to_float(value)); }
#elif ROW == 4
typedef signed char row_t;
__device__ __forceinline__ double as_double(row_t value) { return (double)value; }
#else
typedef unsigned char row_t;
__device__ __forceinline__ double as_double(row_t value) { return (double)value; }
#endif

/// A row's value in working space: times the power of two `scale`, then times the inverse norm (cosine) or 1.
/// One after the other, as on the CPU; a factor of 1 changes nothing.
__device__ __forceinline__ double working(row_t value, double scale, double inverse_norm)
{
    return (as_double(value) * scale) * inverse_norm;
}

/// Partial sums of the float64 distance that defines answers: feature i goes to sum i mod 16.
#define LANES 16

/// Combines the 16 partial sums that 16 neighbouring lanes hold, by halving; every lane gets the result.
/// All 32 lanes of the warp take part; the lower and the upper 16 are apart.
__device__ __forceinline__ double halved(double sum)
{
    for (int half = LANES / 2; half > 0; half /= 2) {
        sum = sum + __shfl_xor_sync(FULL_WARP, sum, half);
    }
    return sum;
}

/// Adds the values that the 32 lanes hold, lane after lane; every lane gets the result.
__device__ __forceinline__ double added(double sum, double mine)
{
    for (int lane = 0; lane < 32; ++lane) {
        sum = sum + __shfl_sync(FULL_WARP, mine, lane);
    }
    return sum;
}

/// Σ(x_i − y_i)² in float64, over `lane` = 0..15 of 16 neighbouring lanes; every lane gets the result.
/// `x` are original rows, `y` is in working space.
__device__ __forceinline__ double squared_distance(
    const row_t *x, double scale, double inverse_norm, const double *y, long long n_features, int lane)
{
    double sum = 0.0;
    for (long long i = lane; i < n_features; i += LANES) {
        double difference = working(x[i], scale, inverse_norm) - y[i];
        sum = sum + difference * difference;
    }
    return halved(sum);
}

/// The same of two original rows.
__device__ __forceinline__ double squared_distance_of_rows(
    const row_t *x, double x_inverse_norm, const row_t *y, double y_inverse_norm, double scale,
    long long n_features, int lane)
{
    double sum = 0.0;
    for (long long i = lane; i < n_features; i += LANES) {
        double difference = working(x[i], scale, x_inverse_norm) - working(y[i], scale, y_inverse_norm);
        sum = sum + difference * difference;
    }
    return halved(sum);
}

/// Magnitudes between 2⁻⁴⁰ and 2⁴⁰ are used as they are.
#define UNSCALED_EXPONENT 40

/// The power of two that brings an extreme largest magnitude into the ordinary range; 1 for an ordinary one, and for 0.
/// Inverse norms have the same bits with any power that avoids over- and underflow.
__device__ __forceinline__ double power_of_two(double largest)
{
    int exponent = (int)(__double_as_longlong(largest) >> 52) - 1023;
    if (largest == 0.0 || (exponent >= -UNSCALED_EXPONENT && exponent < UNSCALED_EXPONENT)) {
        return 1.0;
    }
    long long wanted = min(max(UNSCALED_EXPONENT - exponent, -1000), 1000);
    return __longlong_as_double((wanted + 1023) << 52);
}

/// Σ(factor · x_i)² in the order of the distances; `value(i)` is x_i, `lane` is 0..15 of 16 neighbouring lanes. All 32
/// lanes of the warp take part.
template <class Value>
__device__ __forceinline__ double squared_norm(Value value, double factor, long long n_features, int lane)
{
    double sum = 0.0;
    for (long long i = lane; i < n_features; i += LANES) {
        double scaled = value(i) * factor;
        sum = sum + scaled * scaled;
    }
    return halved(sum);
}

/// 1/‖x‖, or 0 for zeros and for a row so near zero that its inverse overflows. Rows whose squares leave float64 are
/// scaled first. `value` and `lane` are as above; all 32 lanes take every turn, for the shuffles.
template <class Value>
__device__ __forceinline__ double inverse_norm(Value value, long long n_features, int lane)
{
    double norm = sqrt(squared_norm(value, 1.0, n_features, lane));
    bool ordinary = norm >= 1e-140 && norm < 1e140;
    if (__all_sync(FULL_WARP, ordinary)) {
        return 1.0 / norm;
    }
    double largest = 0.0;
    for (long long i = lane; i < n_features; i += LANES) {
        largest = fmax(largest, fabs(value(i)));
    }
    for (int half = LANES / 2; half > 0; half /= 2) {
        largest = fmax(largest, __shfl_xor_sync(FULL_WARP, largest, half));
    }
    double factor = power_of_two(largest);
    double inverse = factor / sqrt(squared_norm(value, factor, n_features, lane));
    if (ordinary) {
        return 1.0 / norm;
    }
    return largest > 0.0 && inverse < INFINITE ? inverse : 0.0;
}

// COSINE is 1 where rows are divided by their norms.
#ifndef COSINE
#define COSINE 0
#endif

/// The factor of a row beside the scale; without cosine, `inverse_norms` is not read.
__device__ __forceinline__ double inverse_norm_of(const double *inverse_norms, long long row)
{
#if COSINE
    return inverse_norms[row];
#else
    return 1.0;
#endif
}

// The error of a score, as _bands.py proves it: |S - s| <= band(slope, reach) + floor.

/// The part of a row's band that grows with a column's reach.
__device__ __forceinline__ float band_slope(float lost, float norm, float rate)
{
    return (2.0f * lost + rate * norm) * 1.0001f + 1e-30f;
}

/// The part of a row's band that every column has.
__device__ __forceinline__ float band_floor(float lost, float norm)
{
    float length = lost + norm;
    return length < 1e15f ? length * length * 4.8e-7f + 1e-30f : INFINITE_32;
}

/// The band of a row and a column, but for the floor.
__device__ __forceinline__ float band(float slope, float reach)
{
    return reach * (slope + 9.6e-7f * reach);
}

/// What is known of a row's centers so far.
struct Best {
    float least;  // the least of s - E, which center `index` has
    float second; // the least of it among the others
    float most;   // the least of s + E
    int index;
};

/// Joins what is known of two sets of centers.
__device__ __forceinline__ void join(Best &best, float least, float second, float most, int index)
{
    best.most = fminf(best.most, most);
    best.second = fminf(fmaxf(best.least, least), fminf(best.second, second));
    if (least < best.least || (least == best.least && index < best.index)) {
        best.least = least;
        best.index = index;
    }
}

/// Adds a center, with s - E and s + E.
__device__ __forceinline__ void add_center(Best &best, float low, float high, int index)
{
    best.most = fminf(best.most, high);
    best.second = fminf(best.second, fmaxf(low, best.least));
    if (low < best.least) {
        best.least = low;
        best.index = index;
    }
}

/// Joins what lanes know that differ in the bits below `lanes`: 32 for a warp, 4 for a quad. All lanes get the result.
__device__ __forceinline__ void join_lanes(Best &best, int lanes)
{
    for (int half = lanes / 2; half > 0; half /= 2) {
        float least = __shfl_xor_sync(FULL_WARP, best.least, half);
        float second = __shfl_xor_sync(FULL_WARP, best.second, half);
        float most = __shfl_xor_sync(FULL_WARP, best.most, half);
        int index = __shfl_xor_sync(FULL_WARP, best.index, half);
        join(best, least, second, most, index);
    }
}
