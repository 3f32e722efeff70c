// Which draws can bring rows nearer, by scores and their bands (`_bands.py`).

/// Added to what a row has, before it is compared: far above what underflow takes off a float32 distance.
#define UNDERFLOW 1e-30

/// Which of up to 64 draws may lie nearer to each row than `closest`, as bits; a warp per row.
///
/// A distance that decides is at least D·(1 - error), and factor²·D at least what is computed here: a draw beyond
/// closest·(1 + 2·error) brings nothing nearer. What is not a number proves nothing.
extern "C" __global__ void sieve(
    const float *scores, long long n_rows, long long n_draws, long long stride, const float *squares,
    const float *reach, const float *rate, const float *norms, const float *lost, const float *row_squares,
    const float *closest, double error, double squared_factor, unsigned long long *bits)
{
    int lane = threadIdx.x % 32;
    long long row = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / 32;
    if (row >= n_rows) {
        return;
    }
    float slope = band_slope(lost[row], norms[row], *rate);
    double base = (double)row_squares[row] - (double)band_floor(lost[row], norms[row]);
    double limit = squared_factor * ((double)closest[row] * (1.0 + 2.0 * error) + UNDERFLOW);
    unsigned long long found = 0;
    for (int half = 0; half < 2; ++half) {
        long long draw = 32 * half + lane;
        bool may = false;
        if (draw < n_draws) {
            double score = (double)scores[row * stride + draw] + (double)squares[draw];
            double least = score + base - (double)band(slope, reach[draw]);
            may = !(least > limit);
        }
        found |= (unsigned long long)__ballot_sync(FULL_WARP, may) << 32 * half;
    }
    if (lane == 0) {
        bits[row] = found;
    }
}
