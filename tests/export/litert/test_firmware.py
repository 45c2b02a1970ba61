"""A file as C: what a microcontroller's program has to say, in the words of its library."""

from imagette.export.litert.firmware import resolver_lines


def test_operators_are_registered_by_the_names_of_their_library():
    kinds = ["AVERAGE_POOL_2D", "BATCH_MATMUL", "FULLY_CONNECTED", "LOG_SOFTMAX", "PADV2", "RSQRT"]
    twice = [{"name": kind} for kind in (*kinds, "PADV2")]
    assert resolver_lines(twice) == [
        "tflite::MicroMutableOpResolver<6> resolver;",
        "resolver.AddAveragePool2D();",
        "resolver.AddBatchMatMul();",
        "resolver.AddFullyConnected();",
        "resolver.AddLogSoftmax();",
        "resolver.AddPadV2();",
        "resolver.AddRsqrt();",
    ]
