using GpuCtr.Training.Tuning;

namespace GpuCtr.Training.Tests.Tuning;

[Trait("Speed", "Fast")]
public sealed class ScheduleTests
{
    [Theory]
    [InlineData(20, "3 7 20")]
    [InlineData(9, "1 3 9")]
    [InlineData(2, "1 2")]
    [InlineData(1, "1")]
    public void Rungs_are_thirds_of_a_whole_training(int epochs, string rungs) => Assert.Equal(rungs, string.Join(' ', new Schedule(epochs, false).Rungs));

    /// <summary>Early trials are better. Of every three that are done on a rung the best goes on.</summary>
    [Fact]
    public void The_best_third_of_a_rung_goes_on()
    {
        List<Outcome> outcomes = Search(new Schedule(9, false), trials: 9, trial => -trial);
        int[] With(int epochs) => [.. outcomes.Where(o => o.Piece.Epochs == epochs).Select(o => o.Piece.Trial)];
        Assert.Equal(Enumerable.Range(0, 9), With(1));
        Assert.Equal([0, 1, 2], With(3));
        Assert.Equal([0], With(9));
        // A trial goes on as soon as it is among the best third, not when all are done.
        Assert.Equal(new Piece(0, 3), outcomes[3].Piece);
    }

    [Fact]
    public void Low_values_are_good_where_they_are() =>
        Assert.Equal(0, Assert.Single(Search(new Schedule(9, true), trials: 9, trial => trial), o => o.Piece.Epochs == 9).Piece.Trial);

    [Fact]
    public void Few_trials_end_with_one_that_is_trained_whole() =>
        Assert.Equal([new(0, 3), new(1, 3), new(1, 7), new(1, 20)], Search(new Schedule(20, false), trials: 2, trial => trial).Select(o => o.Piece));

    [Fact]
    public void A_failed_trial_is_neither_counted_nor_trained_further()
    {
        List<Outcome> outcomes = Search(new Schedule(9, false), trials: 4, trial => trial == 3 ? null : trial);
        Assert.DoesNotContain(outcomes, o => o.Piece is { Trial: 3, Epochs: > 1 });
        Assert.Equal(2, Assert.Single(outcomes, o => o.Piece.Epochs == 9).Piece.Trial);
        Assert.Equal([2, 1, 0], new Schedule(9, false).Best(outcomes, 5));
    }

    [Fact]
    public void A_search_that_goes_on_takes_the_pieces_of_one_that_never_stopped()
    {
        Schedule schedule = new(9, false);
        List<Outcome> whole = Search(schedule, trials: 12, Value);
        for (int done = 0; done < whole.Count; done++)
            Assert.Equal(whole[done].Piece, schedule.Next(whole[..done], mayBegin: Schedule.Begun(whole[..done]) < 12));
    }

    [Fact]
    public void Weights_are_kept_where_a_trial_may_go_on()
    {
        Schedule schedule = new(9, false);
        List<Outcome> outcomes = [];
        while (schedule.Next(outcomes, mayBegin: Schedule.Begun(outcomes) <= 30) is { } piece)
        {
            // What is trained further has weights to go on from.
            if (piece.Epochs > 1)
                Assert.Contains(piece.Trial, schedule.Kept(outcomes, finalists: 3));
            outcomes.Add(new(piece, Value(piece.Trial), 1));
        }
        Assert.InRange(schedule.Kept(outcomes, finalists: 3).Count, 4, 20);
    }

    private static double? Value(int trial) => Math.Sin(trial * 12.9898);

    private static List<Outcome> Search(Schedule schedule, int trials, Func<int, double?> value)
    {
        List<Outcome> outcomes = [];
        while (schedule.Next(outcomes, mayBegin: Schedule.Begun(outcomes) < trials) is { } piece)
            outcomes.Add(new(piece, value(piece.Trial), 1));
        return outcomes;
    }
}
