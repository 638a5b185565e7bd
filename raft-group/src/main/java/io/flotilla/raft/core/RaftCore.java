package io.flotilla.raft.core;

/**
 * One replica of one group. Pure: the same inputs in the same order give the same effects,
 * anywhere. One thread at a time. After an {@link InvariantViolation}, which any method may throw,
 * it must not be used again.
 */
public final class RaftCore {
  private final Replica self;
  private Role role;

  /**
   * Begins as a follower that knows of no leader.
   *
   * @throws InvariantViolation if what was recovered cannot have been kept by a replica
   */
  public RaftCore(
      CoreConfig config, ReplicaId self, Recovered recovered, LogReader log, Chance chance) {
    this.self = new Replica(config, self, recovered, log, chance);
    this.role = Follower.starting(this.self);
  }

  /** Takes in what happened. Any number of steps may share one {@link #drain}, and so one sync. */
  public void step(Input input) {
    role = input.applyTo(role);
    self.checkInvariants();
  }

  /**
   * Makes ready what the steps since the last {@link #drain} made due together, and says whether a
   * drain would say anything. To be called when all steps that are to share one are done.
   */
  public boolean flush() {
    role.flush();
    return self.hasEffects();
  }

  /** What is to be done about all that was stepped since the last drain. */
  public Effects drain() {
    role.flush();
    return self.drain();
  }

  public GroupStatus status() {
    return self.status(role.name(), role.leader(), role.peers());
  }

  /**
   * The position of the entry at this index; known from the truncation point to the end of the log.
   * That may begin behind what the state machine has applied, while it waits for a snapshot that is
   * to become its state.
   *
   * @throws IllegalArgumentException if it is not known
   */
  public Position positionAt(long index) {
    return self.positionAt(index);
  }

  /**
   * The membership in force at this index; known where {@link #positionAt} is.
   *
   * @throws IllegalArgumentException if it is not known
   */
  public Membership membershipAt(long index) {
    return self.membershipAt(index);
  }
}
