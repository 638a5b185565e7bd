package io.flotilla.placement.plan;

import io.flotilla.placement.model.EndedJob;
import io.flotilla.placement.model.Job;
import io.flotilla.placement.model.Keyspace;
import io.flotilla.placement.model.Partitioning;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Shard;
import io.flotilla.placement.model.Split;
import java.util.List;
import java.util.Optional;

/** When a shard is left alone. The subject of each sentence is the shard. */
enum ShardRule implements Rule<ShardRule.Subject> {
  ONE_JOB_AT_A_TIME {
    @Override
    public Optional<String> forbids(Subject of) {
      return of.piece.job().map(job -> "has a job already: it " + job.words() + underWay(job));
    }

    private String underWay(Job job) {
      return job.id() == 0 ? "" : " (job " + job.id() + ")";
    }
  },
  MEMBERS_AT_REST {
    @Override
    public Optional<String> forbids(Subject of) {
      boolean rest =
          of.piece.shard.replicas().stream().allMatch(each -> each.role() == Replica.Role.VOTER);
      return rest ? Optional.empty() : Optional.of("is changing its members");
    }
  },
  HAS_A_MAJORITY {
    @Override
    public Optional<String> forbids(Subject of) {
      return of.draft.load().hasMajority(of.piece.shard)
          ? Optional.empty()
          : Optional.of(
              "has lost the majority of its voters: its group can decide nothing until some of"
                  + " them are back; if they are gone for good, the last resort is shard recover"
                  + " --unsafe");
    }
  },
  HAS_A_LEADER {
    @Override
    public Optional<String> forbids(Subject of) {
      return of.piece.leader.isPresent()
          ? Optional.empty()
          : Optional.of("has no leader that placement knows of");
    }
  },
  ALL_TAKE_PART {
    @Override
    public Optional<String> forbids(Subject of) {
      return of.piece.shard.replicas().stream()
          .filter(each -> !of.draft.load().takesPart(each))
          .findFirst()
          .map(each -> words(each, of.draft.load().of(each.node()).isAlive()));
    }

    private String words(Replica replica, boolean lost) {
      return lost
          ? "has lost its replica on node " + replica.node()
          : "has a replica on node " + replica.node() + ", which is silent";
    }
  },
  LEADER_HAS_TIME {
    @Override
    public Optional<String> forbids(Subject of) {
      return of.piece
          .leader
          .flatMap(of.draft::seat)
          .filter(seat -> seat.movesOut >= of.draft.policy().movesOutMax())
          .map(
              seat ->
                  String.format(
                      "has to wait: its leader, node %d, brings %d replicas on their way already",
                      seat.id(), seat.movesOut));
    }
  },
  SERVES {
    @Override
    public Optional<String> forbids(Subject of) {
      return of.piece
          .shard
          .frozen()
          .map(
              frozen ->
                  "is frozen, for shard "
                      + frozen.into()
                      + " was to absorb it; it thaws as soon as that can be ruled out");
    }
  },
  NOT_TO_BE_MERGED {
    @Override
    public Optional<String> forbids(Subject of) {
      return of.piece
          .companion()
          .map(other -> "is to be merged with shard " + other.id() + ", and stays with it");
    }
  },
  HAS_ROOM_TO_SPLIT {
    @Override
    public Optional<String> forbids(Subject of) {
      Shard shard = of.piece.shard;
      boolean hash =
          Optional.ofNullable(of.draft.view().keyspaces().get(shard.keyspace()))
              .map(Revised::value)
              .map(Keyspace::partitioning)
              .filter(Partitioning.HASH::equals)
              .isPresent();
      return hash && Slots.within(shard) < 2
          ? Optional.of("is one hash slot, which is never split")
          : Optional.empty();
    }
  },
  MAP_HAS_ROOM {
    @Override
    public Optional<String> forbids(Subject of) {
      long more = of.draft.splits() + 1L;
      MapRoom room = of.draft.mapRoom();
      return room.isFor(more)
          ? Optional.empty()
          : Optional.of("stays whole: " + room.refusal(more));
    }
  },
  SPLIT_NOT_REFUSED {
    @Override
    public Optional<String> forbids(Subject of) {
      return of.draft.view().ended().values().stream()
          .filter(of.draft.load()::failedLately)
          .filter(ended -> isSplitOf(ended, of.piece.shard))
          .findFirst()
          .map(ended -> "could not be split a while ago: " + ended.ending().why());
    }

    private boolean isSplitOf(EndedJob ended, Shard shard) {
      return ended.job() instanceof Split split
          && split.shard() == shard.id()
          && split.expected().equals(shard.epoch());
    }
  },
  IN_TURN {
    @Override
    public Optional<String> forbids(Subject of) {
      int most = of.draft.policy().splitsMax();
      return of.draft.splits() < most
          ? Optional.empty()
          : Optional.of("has to wait: " + most + " splits at a time are enough");
    }
  };

  /** A shard in a plan. */
  record Subject(Draft draft, Piece piece) {}

  /** Before it serves anybody. */
  static final List<ShardRule> TO_SERVE = List.of(HAS_A_MAJORITY, HAS_A_LEADER);

  /** Before a replica is replaced that has to be, or one is added that is lacking. */
  static final List<ShardRule> TO_REPAIR =
      List.of(ONE_JOB_AT_A_TIME, HAS_A_MAJORITY, HAS_A_LEADER, MEMBERS_AT_REST, LEADER_HAS_TIME);

  /** Before it gets a replica that it lacks, now or when there is time for it. */
  static final List<ShardRule> TO_GET_A_REPLICA =
      List.of(ONE_JOB_AT_A_TIME, HAS_A_MAJORITY, HAS_A_LEADER, MEMBERS_AT_REST);

  /** Before a replica is moved to even things out. */
  static final List<ShardRule> TO_BALANCE =
      List.of(
          ONE_JOB_AT_A_TIME,
          SERVES,
          NOT_TO_BE_MERGED,
          ALL_TAKE_PART,
          HAS_A_LEADER,
          MEMBERS_AT_REST,
          LEADER_HAS_TIME);

  /** Before leadership is handed over to even things out. */
  static final List<ShardRule> TO_TRANSFER =
      List.of(ONE_JOB_AT_A_TIME, HAS_A_LEADER, MEMBERS_AT_REST);

  /** Before it is split because somebody said so. */
  static final List<ShardRule> TO_SPLIT =
      List.of(
          ONE_JOB_AT_A_TIME,
          SERVES,
          HAS_A_MAJORITY,
          HAS_A_LEADER,
          MEMBERS_AT_REST,
          HAS_ROOM_TO_SPLIT,
          MAP_HAS_ROOM);

  /** Before placement chooses it to be split. */
  static final List<ShardRule> TO_CHOOSE_FOR_SPLIT =
      List.of(
          ONE_JOB_AT_A_TIME,
          SERVES,
          HAS_A_MAJORITY,
          HAS_A_LEADER,
          MEMBERS_AT_REST,
          HAS_ROOM_TO_SPLIT,
          MAP_HAS_ROOM,
          SPLIT_NOT_REFUSED,
          IN_TURN);

  /** Before it waits for its neighbour, or goes to it, to be merged. */
  static final List<ShardRule> TO_ALIGN = List.of(ALL_TAKE_PART, HAS_A_LEADER);

  /** Before it absorbs another, or is absorbed. */
  static final List<ShardRule> TO_MERGE =
      List.of(ONE_JOB_AT_A_TIME, SERVES, ALL_TAKE_PART, HAS_A_LEADER, MEMBERS_AT_REST);
}
