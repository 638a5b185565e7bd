package io.flotilla.raft.runtime;

/**
 * A replica was removed from this node, or what it promised may be lost with its log. It must never
 * act again; another one with a new id may take its place. Other replicas of the node go on.
 */
public final class ReplicaLostException extends Exception {
  private static final long serialVersionUID = 1L;

  public ReplicaLostException(String message) {
    super(message);
  }
}
