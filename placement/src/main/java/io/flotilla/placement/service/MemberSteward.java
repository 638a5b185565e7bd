package io.flotilla.placement.service;

import io.flotilla.placement.model.Settings;
import io.flotilla.proto.placement.ChangeMember;
import io.flotilla.proto.placement.PlacementCommand;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.runtime.RaftGroup;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has placement's own group become what was decided: says in the map where those are that it began
 * with, and makes one {@link MemberStep} after the other. Whichever member leads goes on with it.
 */
final class MemberSteward {
  private static final Logger log = LoggerFactory.getLogger(MemberSteward.class);
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final LeaderGate gate;
  private final RaftGroup group;
  private final MemberBook book;
  private volatile boolean busy;
  private long begunNanos;
  private boolean begun;

  MemberSteward(LeaderGate gate, RaftGroup group, MemberBook book) {
    this.gate = gate;
    this.group = group;
    this.book = book;
  }

  /** Begins what is to be done next, if nothing is under way. Does not wait. Only on the leader. */
  void act(Settings settings, long nowNanos) {
    if (busy || (begun && nowNanos - begunNanos < PAUSE_NANOS)) {
      return;
    }
    GroupStatus status = group.status();
    Optional<PlacementCommand> founding = unknown(status, settings);
    Optional<Membership> step = MemberStep.next(status, settings);
    if (founding.isPresent()) {
      watch("where its members are", gate.propose(founding.get()), nowNanos);
    } else if (step.isPresent()) {
      log.info("placement's group is to become {}", step.get());
      watch(step.get().toString(), group.changeMembership(step.get()), nowNanos);
    }
  }

  private Optional<PlacementCommand> unknown(GroupStatus status, Settings settings) {
    return status.membership().everybody().stream()
        .map(each -> each.replica().value())
        .filter(id -> settings.member(id).isEmpty())
        .findFirst()
        .flatMap(id -> book.addressOf(id).map(address -> add(id, address)));
  }

  private static PlacementCommand add(long id, String address) {
    ChangeMember add =
        ChangeMember.newBuilder()
            .setChange(ChangeMember.Change.ADD)
            .setMember(id)
            .setAddress(address)
            .build();
    return PlacementCommand.newBuilder().setChangeMember(add).build();
  }

  private void watch(String what, CompletableFuture<?> change, long nowNanos) {
    busy = true;
    begun = true;
    begunNanos = nowNanos;
    BiConsumer<Object, Throwable> done =
        (result, failed) -> {
          if (failed != null) {
            log.info("{} has to be tried again: {}", what, failed.getMessage());
          }
          busy = false;
        };
    change.whenComplete(done);
  }
}
