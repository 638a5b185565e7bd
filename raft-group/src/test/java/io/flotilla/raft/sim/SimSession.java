package io.flotilla.raft.sim;

import io.flotilla.session.Session;

/**
 * A session of simulated clients: the SDK's own, of which several writes may be open at a time.
 *
 * @param id by which histories know it
 */
record SimSession(int id, Session session) {
  SimSession(int id) {
    this(id, new Session(0, id));
  }

  int begin() {
    return (int) session.begin().orElseThrow();
  }

  /** As it is to be sent now. */
  SimCommand stamped(SimCommand command) {
    return command.withAckedBelow(session.ackedBelow());
  }

  /** Whoever asked for it has been told, or was told that nobody knows. */
  void end(SimCommand command) {
    session.end(command.sequence());
  }
}
