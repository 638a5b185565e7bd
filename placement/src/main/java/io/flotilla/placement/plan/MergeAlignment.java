package io.flotilla.placement.plan;

import io.flotilla.placement.model.Job;
import io.flotilla.placement.model.Merge;
import io.flotilla.placement.model.Split;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Brings neighbours together that would be merged, were their replicas on the same nodes: the
 * lighter one goes to the nodes of the other, one replica at a time, which costs little because it
 * is small. Until they are one, neither is moved to even things out: so each move here is one step
 * nearer, and none is made undone. As many at a time as may be merged; those who are nearest come
 * first, and so are not let go for others.
 */
final class MergeAlignment implements Scheduler {
  private static final String NAME = "merge";

  /** A replica of the lighter one that could go to a node of the other. */
  private record Step(Seat from, Seat to) {}

  @Override
  public void plan(Draft draft) {
    if (draft.policy().mergeBytes() == 0 || Evacuation.isWanted(draft)) {
      return;
    }
    List<Neighbours> small =
        draft.neighbours().stream()
            .filter(pair -> pair.both().stream().allMatch(one -> MergeRule.isSmall(draft, one)))
            .sorted(Comparator.comparingLong(Neighbours::apart))
            .toList();
    for (Neighbours pair : small) {
      if (draft.mayHold() && isWanted(draft, pair)) {
        bringTogether(draft, pair);
      }
    }
  }

  /** Who is away, or led by nobody, would only stand in the others' way. */
  private static boolean isWanted(Draft draft, Neighbours pair) {
    return pair.both().stream()
            .noneMatch(
                piece -> isSpokenFor(piece) || draft.whyNot(ShardRule.TO_ALIGN, piece).isPresent())
        && draft.whyNotMerge(MergeRule.TO_ALIGN, pair.lighter(), pair.heavier()).isEmpty();
  }

  private static boolean isSpokenFor(Piece piece) {
    Optional<Job> job = piece.job();
    return piece.companion().isPresent()
        || job.filter(each -> each instanceof Merge || each instanceof Split).isPresent();
  }

  private static void bringTogether(Draft draft, Neighbours pair) {
    Piece shard = pair.lighter();
    List<Step> steps = steps(draft, pair);
    boolean together = shard.shard.nodes().equals(pair.heavier().shard.nodes());
    if (together || steps.stream().anyMatch(step -> mayEverGo(draft, shard, step))) {
      Optional<String> wait = draft.whyNot(ShardRule.TO_BALANCE, shard);
      if (wait.isEmpty()) {
        steps.stream()
            .filter(step -> mayGo(draft, TargetRule.TO_BALANCE, shard, step))
            .findFirst()
            .ifPresent(step -> draft.move(words(pair), shard, step.from().id(), step.to()));
      }
      draft.hold(pair);
    } else {
      draft
          .journal()
          .found(
              NAME,
              shard.id(),
              0,
              () ->
                  String.format(
                      "no node of shard %d may take a replica of shard %d",
                      pair.heavier().id(), shard.id()));
    }
  }

  /** Rather where it is least crowded, and rather one that does not lead. */
  private static List<Step> steps(Draft draft, Neighbours pair) {
    Piece shard = pair.lighter();
    return shard.shard.nodes().stream()
        .filter(node -> !pair.heavier().isOn(node))
        .flatMap(node -> draft.seat(node).stream())
        .flatMap(
            from ->
                pair.heavier().shard.nodes().stream()
                    .filter(node -> !shard.isOn(node))
                    .flatMap(node -> draft.seat(node).stream())
                    .map(to -> new Step(from, to)))
        .sorted(
            Comparator.<Step, Crowding>comparing(
                    step -> draft.crowding(shard, step.from().id(), step.to().place))
                .thenComparing(
                    step -> shard.leader.filter(leads -> leads == step.from().id()).isPresent()))
        .toList();
  }

  private static boolean mayEverGo(Draft draft, Piece shard, Step step) {
    return mayGo(draft, TargetRule.TO_ALIGN, shard, step);
  }

  private static boolean mayGo(Draft draft, List<TargetRule> rules, Piece shard, Step step) {
    return draft.whyNot(rules, shard, step.from().id(), step.to()).isEmpty();
  }

  private static String words(Neighbours pair) {
    return String.format(
        "it is to be merged with shard %d, which is on %s",
        pair.heavier().id(), pair.heavier().shard.nodes());
  }
}
