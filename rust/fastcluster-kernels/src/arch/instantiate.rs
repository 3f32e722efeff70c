//! Macros that make one function per instruction set out of generic code, and choose among them.

/// Defines `scan_*`, `sieve_*`, `join_*` and `write_*` for float and byte words, `pairwise`, `decide` and `decide_few`, for a token,
/// compiled for its features.
macro_rules! instantiate_scans {
    ($token:ty, $rows:literal, $double:literal, $narrow:literal $(, $features:literal)?) => {
        instantiate_scans!(@one $token, $rows, $double, $narrow, scan_floats, Floats, f32, Tracker $(, $features)?);
        instantiate_scans!(@one $token, $rows, $double, $narrow, scan_bytes, Bytes, u32, Tracker $(, $features)?);
        instantiate_scans!(@one $token, $rows, $double, $narrow, sieve_floats, Floats, f32, Sieve $(, $features)?);
        instantiate_scans!(@one $token, $rows, $double, $narrow, sieve_bytes, Bytes, u32, Sieve $(, $features)?);
        instantiate_scans!(@one $token, $rows, $double, $narrow, join_floats, Floats, f32, Joiner $(, $features)?);
        instantiate_scans!(@one $token, $rows, $double, $narrow, join_bytes, Bytes, u32, Joiner $(, $features)?);
        instantiate_scans!(@one $token, $rows, $double, $narrow, write_floats, Floats, f32, Writer $(, $features)?);
        instantiate_scans!(@one $token, $rows, $double, $narrow, write_bytes, Bytes, u32, Writer $(, $features)?);

        $(#[target_feature(enable = $features)])?
        pub(crate) fn pairwise(
            simd: $token,
            columns: &crate::pairwise::Columns,
            rows: crate::pairwise::Rows<'_>,
            near: f32,
            distances: &mut [f32],
            pairs: &mut Vec<crate::pairwise::Pair>,
        ) {
            crate::generic::pairwise::run::<$token, $rows, $double, $narrow>(
                simd, columns, rows, near, distances, pairs,
            );
        }

        $(#[target_feature(enable = $features)])?
        pub(crate) fn decide(
            simd: $token,
            bounds: crate::generic::decide::Bounds<'_>,
            panels: &crate::panels::Panels,
            bands: crate::assign::Bands<'_>,
            list: &[u32],
            decisions: &mut [crate::assign::Decision],
        ) {
            crate::generic::decide::run(simd, bounds, panels, bands, list, decisions);
        }

        $(#[target_feature(enable = $features)])?
        pub(crate) fn decide_few(
            simd: $token,
            panels: &crate::panels::Panels,
            few: crate::generic::few::Few<'_>,
            words: &[f32],
            list: &[u32],
            decisions: &mut [crate::assign::Decision],
        ) {
            crate::generic::few::run(simd, panels, few, words, list, decisions);
        }
    };
    (@one $token:ty, $rows:literal, $double:literal, $narrow:literal, $name:ident, $product:ident, $word:ty, $sink:ident $(, $features:literal)?) => {
        $(#[target_feature(enable = $features)])?
        pub(crate) fn $name(
            simd: $token,
            panels: &crate::panels::Panels,
            words: &[$word],
            rows: crate::generic::scan::Rows<'_, $word>,
            sink: &mut crate::generic::$sink<'_>,
        ) {
            crate::generic::scan::run::<$token, crate::generic::$product, _, $rows, $double, $narrow>(
                simd, panels, words, rows, sink,
            );
        }
    };
}

/// Defines a public function whose plain loops are compiled once per instruction set and chosen by `Level`.
///
/// The bodies hold no intrinsics: the compiler vectorises them, and since Rust neither fuses nor reorders float32 and
/// float64 operations by itself, every level returns the same bits.
macro_rules! multiversion {
    ($(#[$doc:meta])* $visible:vis fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)? $body:block) => {
        $(#[$doc])*
        $visible fn $name(level: $crate::Level, $($argument: $type),*) $(-> $result)? {
            #[inline(always)]
            fn body($($argument: $type),*) $(-> $result)? $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma,f16c")]
            fn avx2($($argument: $type),*) $(-> $result)? { body($($argument),*) }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")]
            fn avx512($($argument: $type),*) $(-> $result)? { body($($argument),*) }

            match level {
                $crate::Level::Scalar(_) => body($($argument),*),
                #[cfg(target_arch = "x86_64")]
                $crate::Level::Avx2(_) | $crate::Level::Vnni256(_) => {
                    // SAFETY: the tokens in these levels prove AVX2, FMA and F16C.
                    unsafe { avx2($($argument),*) }
                }
                #[cfg(target_arch = "x86_64")]
                $crate::Level::Avx512(_) | $crate::Level::Vnni(_) => {
                    // SAFETY: the tokens in these levels prove AVX-512 F, BW, DQ, VL and what AVX2's token proves.
                    unsafe { avx512($($argument),*) }
                }
            }
        }
    };
}

/// Calls the function named `$floats` or `$bytes` of the panels' level for the panels numbered `$part`; rows and panels
/// hold the same words.
macro_rules! dispatch_scan {
    ($panels:ident, $part:expr, $rows:ident, $bands:ident, $list:ident, $sink:ident, $floats:ident, $bytes:ident) => {
        match ($rows, &$panels.words) {
            ($crate::assign::Rows::Floats(words), $crate::panels::Words::Floats(packed)) => {
                dispatch_scan!(@level $panels, $part, words, packed, $bands, $list, $sink, $floats)
            }
            ($crate::assign::Rows::Bytes(words), $crate::panels::Words::Bytes(packed)) => {
                dispatch_scan!(@level $panels, $part, words, packed, $bands, $list, $sink, $bytes)
            }
            _ => unreachable!("`Rows::check` has refused mixed words"),
        }
    };
    (@level $panels:ident, $part:expr, $words:ident, $packed:ident, $bands:ident, $list:ident, $sink:ident, $run:ident) => {{
        let rows = $crate::generic::scan::Rows {
            words: $words,
            stride: $panels.steps,
            bands: $bands,
            list: $list,
            part: $part,
        };
        dispatch_level!($panels.level, $run($panels, $packed, rows, $sink));
    }};
}

/// Calls the function of the level's module with the level's token and the arguments.
macro_rules! dispatch_level {
    ($level:expr, $run:ident($($argument:expr),*)) => {
        match $level {
            $crate::Level::Scalar(simd) => $crate::arch::scalar::$run(simd, $($argument),*),
            #[cfg(target_arch = "x86_64")]
            $crate::Level::Avx2(simd) => {
                // SAFETY: `simd` proves the features that the function is compiled for.
                unsafe { $crate::arch::x86_64::avx2::$run(simd, $($argument),*) }
            }
            #[cfg(target_arch = "x86_64")]
            $crate::Level::Vnni256(simd) => {
                // SAFETY: `simd` proves the features that the function is compiled for.
                unsafe { $crate::arch::x86_64::vnni256::$run(simd, $($argument),*) }
            }
            #[cfg(target_arch = "x86_64")]
            $crate::Level::Avx512(simd) => {
                // SAFETY: `simd` proves the features that the function is compiled for.
                unsafe { $crate::arch::x86_64::avx512::$run(simd, $($argument),*) }
            }
            #[cfg(target_arch = "x86_64")]
            $crate::Level::Vnni(simd) => {
                // SAFETY: `simd` proves the features that the function is compiled for.
                unsafe { $crate::arch::x86_64::avx512::vnni_scans::$run(simd, $($argument),*) }
            }
        }
    };
}
