package io.flotilla.raft.sim;

/** One whose replicas can be made to do what no fault of a host makes them do. */
interface RaftVictim extends Victim {
  /** Stands for election for no reason. */
  void campaign();

  /** If it leads: it is asked for some other membership. */
  void changeMembers();

  /** If it leads: it is asked to hand that over. */
  void handOver();
}
