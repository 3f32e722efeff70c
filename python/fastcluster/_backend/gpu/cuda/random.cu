// Philox 4×32 with 10 rounds: the numbers of the core's `rng.rs`, bit for bit.
//
// The number for (seed, task, index) is a pure function of the three: any launch draws the same.
//
// Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011,
// doi:10.1145/2063384.2063405.

/// 64 random bits for `index`.
__device__ __forceinline__ unsigned long long philox(
    unsigned long long seed, unsigned long long task, unsigned long long index)
{
    unsigned c0 = (unsigned)index, c1 = (unsigned)(index >> 32);
    unsigned c2 = (unsigned)task, c3 = (unsigned)(task >> 32);
    unsigned k0 = (unsigned)seed, k1 = (unsigned)(seed >> 32);
    for (int round = 0; round < 10; ++round) {
        unsigned long long first = (unsigned long long)c0 * 0xD2511F53u;
        unsigned long long second = (unsigned long long)c2 * 0xCD9E8D57u;
        c0 = (unsigned)(second >> 32) ^ c1 ^ k0;
        c1 = (unsigned)second;
        c2 = (unsigned)(first >> 32) ^ c3 ^ k1;
        c3 = (unsigned)first;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return (unsigned long long)c0 | (unsigned long long)c1 << 32;
}

/// The bits for indices start..start + n.
extern "C" __global__ void bits(
    long long seed, long long task, long long start, long long n, unsigned long long *out)
{
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) {
        out[i] = philox((unsigned long long)seed, (unsigned long long)task, (unsigned long long)(start + i));
    }
}

/// Float64 in [0, 1), multiples of 2^-53, for indices start..start + n.
extern "C" __global__ void uniform(
    long long seed, long long task, long long start, long long n, double *out)
{
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) {
        unsigned long long number =
            philox((unsigned long long)seed, (unsigned long long)task, (unsigned long long)(start + i));
        out[i] = (double)(number >> 11) * (1.0 / 9007199254740992.0);
    }
}

/// Integers in 0..most for indices start..start + n, by the product method: the upper half of bits · most.
extern "C" __global__ void below(
    long long seed, long long task, long long start, long long n, long long most, long long *out)
{
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) {
        unsigned long long number =
            philox((unsigned long long)seed, (unsigned long long)task, (unsigned long long)(start + i));
        unsigned long long low = number & 0xffffffffull, high = number >> 32;
        unsigned long long factor_low = (unsigned long long)most & 0xffffffffull;
        unsigned long long factor_high = (unsigned long long)most >> 32;
        // Four products of 32 bits each; no sum here leaves 64 bits.
        unsigned long long middle = high * factor_low + (low * factor_low >> 32);
        unsigned long long carry = low * factor_high + (middle & 0xffffffffull);
        out[i] = (long long)(high * factor_high + (middle >> 32) + (carry >> 32));
    }
}

/// When a row of each weight is drawn, u its number: -ln(1 - u) / w, within a few roundings of the core's.
extern "C" __global__ void waiting_times(const double *uniforms, const double *weights, long long n, double *out)
{
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) {
        out[i] = -log(1.0 - uniforms[i]) / weights[i];
    }
}
