package io.flotilla.raft.port;

import java.util.List;

/**
 * Best effort: may lose, repeat, reorder. Never blocks, never throws; Raft repairs loss by itself.
 */
public interface Transport {
  /** Takes parcels for any number of groups and nodes. Called by any loop. */
  void send(List<RaftParcel> parcels);

  /** Where what arrives for this node goes. */
  interface Receiver {
    /** Called by the network's threads; never blocks. May drop when its inboxes are full. */
    void receive(List<RaftParcel> parcels);
  }
}
