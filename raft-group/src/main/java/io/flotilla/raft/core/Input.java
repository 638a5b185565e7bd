package io.flotilla.raft.core;

import java.util.Optional;

/** All that can happen to a replica. */
public sealed interface Input {
  /** The role in which the replica goes on; a new input cannot compile until each role meets it. */
  Role applyTo(Role role);

  /** One unit of time has passed; what a unit is, only the caller knows. */
  record Tick() implements Input {
    @Override
    public Role applyTo(Role role) {
      return role.onTick();
    }
  }

  record Received(ReplicaId from, RaftMessage message) implements Input {
    @Override
    public Role applyTo(Role role) {
      return role.meet(from, message);
    }
  }

  /**
   * Answered, in this or a later drain, by {@link Answer.Appended} or {@link Answer.Refused} with
   * this token.
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  record Proposed(long token, byte[] command) implements Input {
    @Override
    public Role applyTo(Role role) {
      return role.onProposed(token, command);
    }
  }

  /**
   * Changes the membership to {@code target}, which is not joint (thesis §4.3). Answered, in this
   * or a later drain, by {@link Answer.Appended}, with the position of the first entry of the
   * change, or {@link Answer.Refused} with this token. If voters differ, whoever leads when that
   * entry is committed appends the second one, which ends the change.
   */
  record MembershipAsked(long token, Membership target) implements Input {
    @Override
    public Role applyTo(Role role) {
      return role.onMembershipAsked(token, target);
    }
  }

  /**
   * Cuts the group down to this replica alone, by nobody's vote but its own: the last resort when
   * its majority is lost for good, of which the asker has to be sure. What of the others is not
   * lost is left out. All that this log holds stays and is committed, what was committed here and
   * what was not known to be; what was committed only by those who are lost is gone. Refused where
   * a leader is heard. Answered, in this or a later drain, by {@link Answer.Appended}, with the
   * position of the membership that leaves nobody else, or {@link Answer.Refused} with this token;
   * asked again, it does nothing new.
   */
  record RecoverAsked(long token) implements Input {
    @Override
    public Role applyTo(Role role) {
      return role.onRecoverAsked(token);
    }
  }

  /**
   * Hands leadership over to {@code to}, or to the most caught-up voter of those heard within an
   * election timeout if that is empty (thesis §3.10). Answered by {@link Answer.SteppedDown} or,
   * after an election timeout at the latest, by {@link Answer.Refused} with this token.
   */
  record TransferAsked(long token, Optional<ReplicaId> to) implements Input {
    @Override
    public Role applyTo(Role role) {
      return role.onTransferAsked(token, to);
    }
  }

  /**
   * Answered, in this or a later drain, by {@link Answer.Readable} or {@link Answer.Refused} with
   * this token.
   */
  record ReadAsked(long token) implements Input {
    @Override
    public Role applyTo(Role role) {
      return role.onReadAsked(token);
    }
  }

  /**
   * All that {@link Effects} up to and including this {@link Effects#batch()} asked to keep is
   * durable.
   */
  record Synced(long batch) implements Input {
    @Override
    public Role applyTo(Role role) {
      role.self().synced(batch);
      return role.onSynced();
    }
  }

  /** The state machine has taken in all entries up to this index. */
  record Applied(long index) implements Input {
    @Override
    public Role applyTo(Role role) {
      role.self().applied(index);
      return role;
    }
  }

  /** What the state machine has taken in up to this index would outlive a crash. */
  record DurablyApplied(long index) implements Input {
    @Override
    public Role applyTo(Role role) {
      role.self().durablyApplied(index);
      return role;
    }
  }

  /** Entries that {@link LogReader} did not have at hand are now; see there. */
  record Loaded() implements Input {
    @Override
    public Role applyTo(Role role) {
      return role.onLoaded();
    }
  }

  /** The log was cut: entries up to this position are gone from it. */
  record Truncated(Position upTo) implements Input {
    @Override
    public Role applyTo(Role role) {
      role.self().truncated(upTo);
      return role;
    }
  }

  /**
   * A snapshot of the machine's state up to {@code last} lies beside the present state, durable,
   * and may become the state. If {@link Effects#restore} of the next drain is present, it does,
   * with that batch. If not, it is stale, since the log holds all of it, and can be thrown away.
   *
   * @param term of the replica that took it, when it said what it had applied: whoever leads that
   *     term or a later one has {@code last} in its log, which is not true of those before (§5.4);
   *     nor of one that has gone on alone since, to which it is stale
   * @param last the last entry that the snapshot covers; committed
   * @param membership in force at {@code last}
   */
  record Restore(long term, Position last, Membership membership) implements Input {
    @Override
    public Role applyTo(Role role) {
      return role.isPastLoss(term) ? role : role.observing(term).onRestore(last, membership);
    }
  }

  /**
   * The group is needed no more, by anybody, and this replica ends as if the group had removed it:
   * see {@link Effects#removed}.
   */
  record Dissolved() implements Input {
    @Override
    public Role applyTo(Role role) {
      return role.onRemoved();
    }
  }

  /**
   * Campaign now, without waiting for the timeout: for the preferred replica of a new group, and
   * for tests.
   */
  record Campaign() implements Input {
    @Override
    public Role applyTo(Role role) {
      return role.onCampaign();
    }
  }
}
