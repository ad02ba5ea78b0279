"""The exponentials, logarithms and normal laws of the model: the same bits everywhere, for no library is asked.

The float32 pair serves the choice among offers, clamped on both sides; the float64 family serves rules and building.
Magic numbers 1.5 * 2^23 and 1.5 * 2^52: adding one leaves the nearest whole number in the last bits of the sum.
"""

import math

import numpy as np

from kernels.compiled import kernel

ROUND_F = np.float32(12582912.0)
LIMIT_F = np.float32(126.0)
SMALLEST_F = np.float32(2.0**-126)
LARGEST_F = np.float32(2.0**126)
ONE_F = np.float32(1.0)
SHIFT_F = np.int32(23)
SQRT_HALF_BITS_F = np.int32(0x3F3504F3)

EXP2_0, EXP2_1, EXP2_2 = np.float32(1.0000001192), np.float32(0.6931471825), np.float32(0.2402210683)
EXP2_3, EXP2_4, EXP2_5 = np.float32(0.0555032715), np.float32(0.0096760374), np.float32(0.0013400433)

LOG2_0, LOG2_1, LOG2_2 = np.float32(1.4426950216), np.float32(-0.7213472128), np.float32(0.4809146225)
LOG2_3, LOG2_4, LOG2_5 = np.float32(-0.3607127964), np.float32(0.2878077030), np.float32(-0.2387222201)
LOG2_6, LOG2_7, LOG2_8 = np.float32(0.2164717019), np.float32(-0.2088935077), np.float32(0.1258178126)

ROUND = 6755399441055744.0
SHIFT = np.int64(52)
SQRT_HALF_BITS = np.int64(0x3FE6A09E667F3BCD)
SMALLEST, LARGEST = 2.0**-1022, 2.0**1023
LOG2_E = 1.4426950408889634
LN_2 = 0.6931471805599453
LN_2_HIGH, LN_2_LOW = 0.6931471803691238, 1.9082149292705877e-10  # the high part has 32 bits: whole multiples are exact
SQRT_HALF = 0.7071067811865476
INVERSE_SQRT_PI = 0.5641895835477563
INVERSE_SQRT_2_PI = 0.3989422804014327


@kernel
def exp2f(x: np.float32) -> np.float32:
    """Return 2^x in float32, x clamped to [-126, 126]; relative error below 3e-7.

    Minimax polynomial of degree 5 on [-1/2, 1/2], scaled by adding the whole part to the exponent's bits.
    """
    x = min(max(x, -LIMIT_F), LIMIT_F)
    shifted = np.float32(x + ROUND_F)
    f = np.float32(x - np.float32(shifted - ROUND_F))
    p = EXP2_0 + f * (EXP2_1 + f * (EXP2_2 + f * (EXP2_3 + f * (EXP2_4 + f * EXP2_5))))
    bits = np.float32(p).view(np.int32) + (shifted.view(np.int32) << SHIFT_F)
    return np.int32(bits).view(np.float32)


@kernel
def log2f(x: np.float32) -> np.float32:
    """Return log2(x) in float32, x clamped to [2^-126, 2^126]; error below 2e-7 max(1, |log2 x|).

    Minimax polynomial of degree 8 for log2(1 + f) / f with 1 + f in [sqrt(1/2), sqrt(2)).
    """
    x = min(max(x, SMALLEST_F), LARGEST_F)
    bits = np.float32(x).view(np.int32)
    whole = np.int32(np.int32(bits - SQRT_HALF_BITS_F) >> SHIFT_F)
    f = np.int32(bits - np.int32(whole << SHIFT_F)).view(np.float32) - ONE_F
    p = LOG2_4 + f * (LOG2_5 + f * (LOG2_6 + f * (LOG2_7 + f * LOG2_8)))
    p = LOG2_0 + f * (LOG2_1 + f * (LOG2_2 + f * (LOG2_3 + f * p)))
    return np.float32(np.float32(whole) + f * p)


@kernel
def scaled_exp(r: float, shifted: float) -> float:
    """Return exp(r) 2^k for |r| <= ln(2) / 2 and `shifted` = k + 1.5 * 2^52: Taylor's series to the 13th power."""
    p = 1 / 362880 + r * (1 / 3628800 + r * (1 / 39916800 + r * (1 / 479001600 + r * (1 / 6227020800))))
    p = 1 / 24 + r * (1 / 120 + r * (1 / 720 + r * (1 / 5040 + r * (1 / 40320 + r * p))))
    p = 1.0 + (r + r * r * (1 / 2 + r * (1 / 6 + r * p)))
    bits = np.float64(p).view(np.int64) + (np.float64(shifted).view(np.int64) << SHIFT)
    return np.int64(bits).view(np.float64)


@kernel
def exp(x: float) -> float:
    """Return e^x in float64, x clamped to [-708, 709]; relative error below 4e-16."""
    x = min(max(x, -708.0), 709.0)
    shifted = x * LOG2_E + ROUND
    k = shifted - ROUND
    return scaled_exp((x - k * LN_2_HIGH) - k * LN_2_LOW, shifted)


@kernel
def exp2(x: float) -> float:
    """Return 2^x in float64, x clamped to [-1022, 1023]; relative error below 4e-16, exact at whole numbers."""
    x = min(max(x, -1022.0), 1023.0)
    shifted = x + ROUND
    return scaled_exp((x - (shifted - ROUND)) * LN_2, shifted)


@kernel
def split(x: float) -> tuple[float, float]:
    """Return (k, f) with x = 2^k (1 + f), 1 + f in [sqrt(1/2), sqrt(2)), x clamped to normal numbers."""
    bits = np.float64(min(max(np.float64(x), SMALLEST), LARGEST)).view(np.int64)
    whole = (bits - SQRT_HALF_BITS) >> SHIFT
    return np.float64(whole), np.int64(bits - (whole << SHIFT)).view(np.float64) - 1.0


@kernel
def log_of_one_plus(f: float) -> float:
    """Return log(1 + f) for 1 + f in [sqrt(1/2), sqrt(2)): the series of 2 artanh(f / (2 + f)), as in FDLIBM."""
    s = f / (2.0 + f)
    z = s * s
    p = 2 / 13 + z * (2 / 15 + z * (2 / 17 + z * (2 / 19 + z * (2 / 21))))
    p = z * (2 / 3 + z * (2 / 5 + z * (2 / 7 + z * (2 / 9 + z * (2 / 11 + z * p)))))
    half = 0.5 * f * f
    return f - (half - s * (half + p))


@kernel
def log(x: float) -> float:
    """Return the natural logarithm in float64, x clamped to [2^-1022, 2^1023]; relative error below 4e-16."""
    k, f = split(x)
    return k * LN_2_HIGH + (log_of_one_plus(f) + k * LN_2_LOW)


@kernel
def log2(x: float) -> float:
    """Return log2(x) in float64, x clamped to [2^-1022, 2^1023]; relative error below 5e-16, exact at powers of 2."""
    k, f = split(x)
    return k + log_of_one_plus(f) * LOG2_E


@kernel
def logistic(x: float) -> float:
    """Return 1 / (1 + e^-x)."""
    return 1.0 / (1.0 + exp(-x))


@kernel
def normal_pdf(x: float) -> float:
    """Return the density of the standard normal law at x."""
    return INVERSE_SQRT_2_PI * exp(-0.5 * x * x)


@kernel
def quantile_middle(q: float) -> float:
    """Return the quantile at 1/2 + q for |q| <= 0.425: AS241's first ratio, in r = 0.425^2 - q^2."""
    r = 0.180625 - q * q
    a = 4.5921953931549871457e4 + r * (
        6.7265770927008700853e4 + r * (3.3430575583588128105e4 + r * 2509.0809287301226727)
    )
    a = 133.14166789178437745 + r * (1971.5909503065514427 + r * (13731.693765509461125 + r * a))
    b = 2.1213794301586595867e4 + r * (
        3.9307895800092710610e4 + r * (2.8729085735721942674e4 + r * 5226.4952788528545610)
    )
    b = 42.313330701600911252 + r * (687.18700749205790830 + r * (5394.1960214247511077 + r * b))
    return q * (3.3871328727963666080 + r * a) / (1.0 + r * b)


@kernel
def quantile_near(r: float) -> float:
    """Return minus the quantile at exp(-r^2) for 1.6 <= r <= 5: AS241's second ratio."""
    r = r - 1.6
    c = 1.27045825245236838258 + r * (
        0.241780725177450611770 + r * (0.0227238449892691845833 + r * 7.74545014278341407640e-4)
    )
    c = 4.63033784615654529590 + r * (5.76949722146069140550 + r * (3.64784832476320460504 + r * c))
    d = 0.148103976427480074590 + r * (
        0.0151986665636164571966 + r * (5.47593808499534494600e-4 + r * 1.05075007164441684324e-9)
    )
    d = 2.05319162663775882187 + r * (1.67638483018380384940 + r * (0.689767334985100004550 + r * d))
    return (1.42343711074968357734 + r * c) / (1.0 + r * d)


@kernel
def quantile_far(r: float) -> float:
    """Return minus the quantile at exp(-r^2) for r > 5: AS241's third ratio."""
    r = r - 5.0
    e = 0.0265321895265761230930 + r * (
        1.24266094738807843860e-3 + r * (2.71155556874348757815e-5 + r * 2.01033439929228813265e-7)
    )
    e = 5.46378491116411436990 + r * (1.78482653991729133580 + r * (0.296560571828504891230 + r * e))
    f = 7.86869131145613259100e-4 + r * (
        1.84631831751005468180e-5 + r * (1.42151175831644588870e-7 + r * 2.04426310338993978564e-15)
    )
    f = 0.599832206555887937690 + r * (0.136929880922735805310 + r * (0.0148753612908506148525 + r * f))
    return (6.65790464350110377720 + r * e) / (1.0 + r * f)


@kernel
def normal_quantile(u: float) -> float:
    """Return the standard normal quantile at 0 < u < 1; algorithm PPND16, relative error about 1e-16.

    Wichura (1988), "Algorithm AS 241: the percentage points of the normal distribution", Appl. Statist. 37, 477-484.
    """
    q = u - 0.5
    if abs(q) <= 0.425:
        return quantile_middle(q)
    r = math.sqrt(-log(min(u, 1.0 - u)))
    tail = quantile_near(r) if r <= 5.0 else quantile_far(r)
    return -tail if q < 0.0 else tail


@kernel
def erf_middle(x: float) -> float:
    """Return erf(x) for |x| <= 0.46875: Cody's first ratio."""
    z = x * x
    a = 3.16112374387056560 + z * 0.185777706184603153
    a = 3209.37758913846947 + z * (377.485237685302021 + z * (113.864154151050156 + z * a))
    b = 244.024637934444173 + z * (23.6012909523441209 + z)
    b = 2844.23683343917062 + z * (1282.61652607737228 + z * b)
    return x * a / b


@kernel
def erfc_near(y: float) -> float:
    """Return exp(y^2) erfc(y) for 0.46875 <= y <= 4: Cody's second ratio."""
    c = 66.1191906371416295 + y * (8.88314979438837594 + y * (0.564188496988670089 + y * 2.15311535474403846e-8))
    c = 1712.04761263407058 + y * (881.952221241769090 + y * (298.635138197400131 + y * c))
    c = 1230.33935479799725 + y * (2051.07837782607147 + y * c)
    d = 537.181101862009858 + y * (117.693950891312499 + y * (15.7449261107098347 + y))
    d = 4362.61909014324716 + y * (3290.79923573345963 + y * (1621.38957456669019 + y * d))
    d = 1230.33935480374942 + y * (3439.36767414372164 + y * d)
    return c / d


@kernel
def erfc_far(y: float) -> float:
    """Return exp(y^2) erfc(y) for y > 4: Cody's third ratio, in 1 / y^2."""
    z = 1.0 / (y * y)
    p = 0.125781726111229246 + z * (0.360344899949804439 + z * (0.305326634961232344 + z * 0.0163153871373020978))
    p = 6.58749161529837803e-4 + z * (0.0160837851487422766 + z * p)
    q = 0.527905102951428412 + z * (1.87295284992346725 + z * (2.56852019228982242 + z))
    q = 2.33520497626869185e-3 + z * (0.0605183413124413191 + z * q)
    return (INVERSE_SQRT_PI - z * p / q) / y


@kernel
def erfc(x: float) -> float:
    """Return the complementary error function, also far into its tail.

    Cody (1969), "Rational Chebyshev approximations for the error function", Mathematics of Computation 23, 631-637.
    exp(-y^2) is taken in two factors, the first at y cut to sixteenths, whose square is exact.
    """
    y = abs(x)
    if y <= 0.46875:
        return 1.0 - erf_middle(x)
    cut = np.floor(y * 16.0) / 16.0
    scale = exp(-cut * cut) * exp(-(y - cut) * (y + cut))
    tail = scale * (erfc_near(y) if y <= 4.0 else erfc_far(y))
    return 2.0 - tail if x < 0.0 else tail


@kernel
def normal_cdf(x: float) -> float:
    """Return the probability of the standard normal law up to x."""
    return 0.5 * erfc(-x * SQRT_HALF)
