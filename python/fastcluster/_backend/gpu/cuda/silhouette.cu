// Distances of a tile for Euclidean silhouettes, and their sums by cluster.
//
// Rows are named by their place in an order, by clusters: `order[place]` is the row. A row relative to an origin is
// cut in three slices of float16, in units of its own power of two: `high` are whole numbers of so few bits that sums
// of their products are exact, `middle` and `low` are what is left. A slice is `width` wide, a multiple of 8; slices
// stand as low, high, middle, middle, high, low, so that two windows of five pair them as products need them.
//
// variants: ROW=0..5

/// Squares below this are too small for float32 beside what follows; their pairs are computed in float64.
#define SQUARE_MIN 7.888609052210118e-31

/// Slices n_rows rows. A warp a row. `squares` is NaN where float32 does not hold it.
extern "C" __global__ void slice(
    const row_t *rows, const int *order, long long n_rows, long long n_features, double scale,
    const double *origin, long long bits, long long width, unsigned short *slices, float *squares, float *units)
{
    long long number = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / 32;
    int lane = threadIdx.x % 32;
    if (number >= n_rows) {
        return;
    }
    const row_t *row = rows + (long long)order[number] * n_features;
    double square = 0.0, largest = 0.0;
    for (long long i = lane; i < n_features; i += 32) {
        double value = working(row[i], scale, 1.0) - origin[i];
        square = square + value * value;
        largest = fmax(largest, fabs(value));
    }
    for (int half = 16; half > 0; half /= 2) {
        square = square + __shfl_xor_sync(FULL_WARP, square, half);
        largest = fmax(largest, __shfl_xor_sync(FULL_WARP, largest, half));
    }
    bool fits = square >= SQUARE_MIN || largest == 0.0;
    // The power of two above the largest magnitude, by its exponent bits.
    long long exponent = (__double_as_longlong(largest) >> 52) - 1022;
    double unit = __longlong_as_double((exponent - bits + 1023) << 52);
    double inverse = __longlong_as_double((bits - exponent + 1023) << 52);
    if (!fits || largest == 0.0) {
        unit = 1.0;
        inverse = 0.0;
    }
    if (lane == 0) {
        squares[number] = fits ? (float)square : __uint_as_float(0x7fc00000u);
        units[number] = (float)unit;
    }
    unsigned short *out = slices + number * 6 * width;
    for (long long i = lane; i < width; i += 32) {
        double value = i < n_features ? (working(row[i], scale, 1.0) - origin[i]) * inverse : 0.0;
        double whole = rint(value);
        unsigned short high = float_to_half((float)whole);
        double rest = value - whole;
        unsigned short middle = float_to_half((float)rest);
        rest = rest - (double)half_to_float(middle);
        unsigned short low = float_to_half((float)rest);
        out[i] = low;
        out[width + i] = high;
        out[2 * width + i] = middle;
        out[3 * width + i] = middle;
        out[4 * width + i] = high;
        out[5 * width + i] = low;
    }
}

/// Writes the float64 distances of row x from the columns that `again` names. All 32 lanes take part, two columns at a
/// time.
__device__ __forceinline__ void measure(
    unsigned again, const row_t *rows, long long x, const int *columns, long long n_features, double scale, float *out)
{
    int lane = threadIdx.x % 32;
    while (again != 0) {
        int one = __ffs((int)again) - 1;
        again &= again - 1;
        int other = again != 0 ? __ffs((int)again) - 1 : one;
        again &= again - 1;
        int mine = lane < LANES ? one : other;
        double squared = squared_distance_of_rows(
            rows + x * n_features, 1.0, rows + (long long)columns[mine] * n_features, 1.0, scale, n_features,
            lane % LANES);
        if (lane % LANES == 0) {
            out[mine] = (float)__dsqrt_rn(squared);
        }
    }
}

/// Rows whose products a lane asks for before it uses them.
#define AT_ONCE 8

/// Turns products into distances, in place: -2·x·y in units into ‖x − y‖. A warp takes 32 rows by 32 columns.
/// Pairs nearer than the share `near` of their squares are computed in float64, in difference form.
extern "C" __global__ void __launch_bounds__(256, 4) distances(
    float *tile, const row_t *rows, const int *row_order, long long n_rows, const float *row_squares,
    const float *row_units, const int *column_order, long long n_columns, const float *column_squares,
    const float *column_units, long long n_features, double scale, double near)
{
    long long number = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / 32;
    int lane = threadIdx.x % 32;
    long long strips = (n_rows + 31) / 32, words = (n_columns + 31) / 32;
    if (number >= strips * words) {
        return;
    }
    long long first_row = number / words * 32, first_column = number % words * 32;
    bool is_there = first_column + lane < n_columns;
    long long column = min(first_column + lane, n_columns - 1);
    float column_square = column_squares[column], column_unit = column_units[column];
    unsigned again = 0;
    for (int group = 0; group < 32; group += AT_ONCE) {
        float values[AT_ONCE];
#pragma unroll
        for (int i = 0; i < AT_ONCE; i++) {
            values[i] = tile[min(first_row + group + i, n_rows - 1) * n_columns + column];
        }
#pragma unroll
        for (int i = 0; i < AT_ONCE; i++) {
            long long row = min(first_row + group + i, n_rows - 1);
            float squares = row_squares[row] + column_square;
            float squared = squares + values[i] * row_units[row] * column_unit;
            unsigned near_ones = __ballot_sync(FULL_WARP, is_there && !(squared >= (float)near * squares));
            again = lane == group + i ? near_ones : again;
            if (is_there && first_row + group + i < n_rows) {
                tile[row * n_columns + column] = __fsqrt_rn(squared);
            }
        }
    }
    bool is_row = first_row + lane < n_rows;
    // What follows is written after what was written so far.
    __syncwarp();
    for (unsigned rest = __ballot_sync(FULL_WARP, is_row && again != 0); rest != 0; rest &= rest - 1) {
        int r = __ffs((int)rest) - 1;
        measure(
            __shfl_sync(FULL_WARP, again, r), rows, row_order[first_row + r], column_order + first_column,
            n_features, scale, tile + (first_row + r) * n_columns + first_column);
    }
}

/// Adds to table[row][cluster] the distances of each row to the columns of each cluster. A warp a row.
extern "C" __global__ void add_rows(
    const float *tile, long long n_rows, long long first_column, long long n_columns, const int *labels,
    const long long *starts, long long n_clusters, double *table)
{
    long long row = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / 32;
    int lane = threadIdx.x % 32;
    if (row >= n_rows) {
        return;
    }
    long long place = first_column, end = first_column + n_columns;
    for (long long cluster = labels[first_column]; place < end; cluster++) {
        long long stop = min(starts[cluster + 1], end);
        double sum = 0.0;
        for (long long i = place + lane; i < stop; i += 32) {
            sum = sum + (double)tile[row * n_columns + (i - first_column)];
        }
        for (int half = 16; half > 0; half /= 2) {
            sum = sum + __shfl_xor_sync(FULL_WARP, sum, half);
        }
        if (lane == 0) {
            table[row * n_clusters + cluster] += sum;
        }
        place = stop;
    }
}

/// Warps of a block that add up columns.
#define WARPS 16

/// Adds to table[column][cluster] the distances of each column to the rows of each cluster. A block 32 columns.
extern "C" __global__ void add_columns(
    const float *tile, long long first_row, long long n_rows, long long n_columns, const int *labels,
    const long long *starts, long long n_clusters, double *table)
{
    __shared__ double sums[WARPS][32];
    int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    long long column = (long long)blockIdx.x * 32 + lane;
    long long place = first_row, end = first_row + n_rows;
    for (long long cluster = labels[first_row]; place < end; cluster++) {
        long long stop = min(starts[cluster + 1], end);
        double sum = 0.0;
        if (column < n_columns) {
            for (long long i = place + warp; i < stop; i += WARPS) {
                sum = sum + (double)tile[(i - first_row) * n_columns + column];
            }
        }
        sums[warp][lane] = sum;
        __syncthreads();
        if (warp == 0 && column < n_columns) {
            double total = 0.0;
            for (int part = 0; part < WARPS; part++) {
                total = total + sums[part][lane];
            }
            table[column * n_clusters + cluster] += total;
        }
        __syncthreads();
        place = stop;
    }
}

/// The silhouettes of rows, given the sums of their distances to every cluster. A warp a row.
extern "C" __global__ void silhouettes(
    const double *table, const int *own_labels, const long long *starts, long long n_rows, long long n_clusters,
    double *out)
{
    long long row = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / 32;
    int lane = threadIdx.x % 32;
    if (row >= n_rows) {
        return;
    }
    long long own = own_labels[row];
    double outside = INFINITE;
    for (long long cluster = lane; cluster < n_clusters; cluster += 32) {
        double size = (double)(starts[cluster + 1] - starts[cluster]);
        if (cluster != own) {
            outside = fmin(outside, table[row * n_clusters + cluster] / size);
        }
    }
    for (int half = 16; half > 0; half /= 2) {
        outside = fmin(outside, __shfl_xor_sync(FULL_WARP, outside, half));
    }
    if (lane == 0) {
        double others = (double)(starts[own + 1] - starts[own] - 1);
        double inside = others > 0.0 ? table[row * n_clusters + own] / others : 0.0;
        double largest = fmax(inside, outside);
        out[row] = others > 0.0 && largest > 0.0 ? (outside - inside) / largest : 0.0;
    }
}
