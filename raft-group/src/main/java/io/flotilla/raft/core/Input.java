package io.flotilla.raft.core;

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
      return message.deliverTo(role, from);
    }
  }

  /**
   * Answered, in this or a later drain, by {@link Answer.Appended} or {@link Answer.Refused} with
   * this token.
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  record Proposed(long token, Entry.Kind kind, byte[] payload) implements Input {
    @Override
    public Role applyTo(Role role) {
      return role.onProposed(token, kind, payload);
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
