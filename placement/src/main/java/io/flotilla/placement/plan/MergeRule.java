package io.flotilla.placement.plan;

import io.flotilla.placement.model.EndedJob;
import io.flotilla.placement.model.Ending;
import io.flotilla.placement.model.Merge;
import io.flotilla.placement.model.Split;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** When two shards are not merged. The subject of each sentence is the two. */
enum MergeRule implements Rule<MergeRule.Subject> {
  FIT_TOGETHER {
    @Override
    public Optional<String> forbids(Subject of) {
      return Merge.misfit(of.shard.shard, of.into.shard);
    }
  },
  BOTH_READY {
    @Override
    public Optional<String> forbids(Subject of) {
      return Stream.of(of.shard, of.into)
          .flatMap(
              piece ->
                  of
                      .draft
                      .whyNot(ShardRule.TO_MERGE, piece)
                      .map(why -> "have to wait: shard " + piece.id() + " " + why)
                      .stream())
          .findFirst();
    }
  },
  /** So far below the size at which shards are cut that what is merged is not cut again. */
  BOTH_SMALL {
    @Override
    public Optional<String> forbids(Subject of) {
      for (Piece piece : List.of(of.shard, of.into)) {
        if (!of.draft.load().hasWeighed(piece.id())) {
          return Optional.of(
              "are left alone: nobody has said what shard " + piece.id() + " weighs");
        }
        if (!isSmall(of.draft, piece)) {
          return Optional.of(
              String.format(
                  "are left alone: shard %d weighs about %d KiB, and only what is below %d is"
                      + " merged unasked",
                  piece.id(), piece.bytes >> 10, of.draft.policy().mergeBytes() >> 10));
        }
      }
      return Optional.empty();
    }
  },
  /** So far below the rate at which shards are cut that what is merged is not cut again. */
  BOTH_COOL {
    @Override
    public Optional<String> forbids(Subject of) {
      long hot = of.draft.policy().heat().operations();
      long asked = operations(of, of.shard) + operations(of, of.into);
      return hot == 0 || asked < hot / 2
          ? Optional.empty()
          : Optional.of(
              String.format(
                  "are left alone: they are asked for %d operations/s together, and from %d on a"
                      + " shard is split",
                  asked, hot));
    }

    private long operations(Subject of, Piece piece) {
      return of.draft.load().heatOf(piece.id()).operations();
    }
  },
  NOT_CUT_LATELY {
    @Override
    public Optional<String> forbids(Subject of) {
      return endedLately(of)
          .filter(ended -> ended.ending().how() == Ending.How.DONE)
          .filter(ended -> ended.job() instanceof Split split && isCutOf(split, of))
          .findFirst()
          .map(ended -> "are left alone: shard " + ended.job().shard() + " was split a while ago");
    }

    private boolean isCutOf(Split split, Subject of) {
      return Stream.of(of.shard.id(), of.into.id())
          .anyMatch(id -> id == split.shard() || id == split.newShard());
    }
  },
  MERGE_NOT_FAILED {
    @Override
    public Optional<String> forbids(Subject of) {
      List<Long> these = List.of(of.shard.id(), of.into.id());
      return endedLately(of)
          .filter(ended -> ended.ending().how() != Ending.How.DONE)
          .filter(ended -> ended.job() instanceof Merge && these.containsAll(ended.job().shards()))
          .findFirst()
          .map(ended -> "were not merged a while ago: " + ended.ending().why());
    }
  },
  /** What somebody asked for is not undone. */
  MORE_THAN_ASKED_FOR {
    @Override
    public Optional<String> forbids(Subject of) {
      int keyspace = of.shard.keyspace();
      int floor = of.draft.view().settings().floors().getOrDefault(keyspace, 0);
      if (floor == 0) {
        return Optional.of(
            "are left alone: their keyspace is older than merging, and nobody has said how many"
                + " shards it is to keep; shard add --count 0 says: as many as it has now");
      }
      return of.draft.shardsOf(keyspace) > floor
          ? Optional.empty()
          : Optional.of(
              "are left alone: their keyspace is to have " + floor + " shards, as was asked for");
    }
  },
  IN_TURN {
    @Override
    public Optional<String> forbids(Subject of) {
      return of.draft.mayMerge()
          ? Optional.empty()
          : Optional.of(
              "have to wait: " + of.draft.policy().mergesMax() + " merges at a time are enough");
    }
  };

  /** Two shards in a plan. */
  record Subject(Draft draft, Piece shard, Piece into) {}

  /** What no merge may break. */
  static final List<MergeRule> ALWAYS = List.of(FIT_TOGETHER, BOTH_READY);

  /** Before placement chooses two to be merged. */
  static final List<MergeRule> TO_CHOOSE =
      List.of(
          BOTH_SMALL,
          BOTH_COOL,
          MORE_THAN_ASKED_FOR,
          FIT_TOGETHER,
          NOT_CUT_LATELY,
          MERGE_NOT_FAILED,
          BOTH_READY,
          IN_TURN);

  /** Before two are brought together to be merged. */
  static final List<MergeRule> TO_ALIGN =
      List.of(BOTH_SMALL, BOTH_COOL, MORE_THAN_ASKED_FOR, NOT_CUT_LATELY, MERGE_NOT_FAILED);

  static boolean isSmall(Draft draft, Piece piece) {
    return draft.load().hasWeighed(piece.id()) && piece.bytes < draft.policy().mergeBytes();
  }

  private static Stream<EndedJob> endedLately(Subject of) {
    return of.draft.view().ended().values().stream()
        .filter(ended -> of.draft.load().endedLately().contains(ended.job().id()));
  }
}
