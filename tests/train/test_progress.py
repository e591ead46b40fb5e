from train.progress import Progress


def test_progress_is_a_fraction_and_a_number_of_steps():
    at = Progress(images=24, length=100, batch=8)
    assert (at.fraction, at.step, at.steps) == (0.24, 3, 12)
    assert at.a_step_before() == Progress(16, 100, 8)
    assert Progress(0, 4, 8).steps == 1  # a run shorter than a batch
