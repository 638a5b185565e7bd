package io.flotilla.placement.service;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.proto.errors.ErrorDetail;
import io.flotilla.proto.placement.MapUpdate;
import io.flotilla.proto.placement.WatchRequest;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcCall;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Those who watch the map. Nothing waits in a queue for a watcher: each is known by what it was
 * sent last, and gets, when it can take more, the difference to what is now, however many changes
 * that is. Only for the desk's thread.
 */
final class WatchHub {
  static final int WATCHES_MAX = 10_000;

  private record Sent(long revision, long hint) {}

  private static final class Watch {
    final RpcCall<WatchRequest, MapUpdate> call;
    Sent sent;
    volatile boolean gone;

    Watch(RpcCall<WatchRequest, MapUpdate> call, Sent sent) {
      this.call = call;
      this.sent = sent;
    }
  }

  private final List<Watch> watches = new ArrayList<>();
  private final ReportTable reports;

  WatchHub(ReportTable reports) {
    this.reports = reports;
  }

  /** Begins a watch: its first message leaves at once, and tells all leaders. */
  void begin(RpcCall<WatchRequest, MapUpdate> call, ClusterView view) {
    if (watches.size() >= WATCHES_MAX) {
      call.fail(ErrorCode.OVERLOADED, WATCHES_MAX + " watches are open; no more are taken");
      return;
    }
    long after = call.request().getAfterRevision();
    // A revision that was never reached here is of another cluster's life: begin anew.
    boolean complete = after <= 0 || after > view.revision();
    Watch watch = new Watch(call, new Sent(view.revision(), reports.lastHint()));
    call.reply(
        complete
            ? MapUpdates.complete(view, reports.leadersSince(0))
            : MapUpdates.since(view, after, reports.leadersSince(0)));
    watches.add(watch);
    call.onClosed(() -> watch.gone = true);
  }

  /** Sends what is new to all that can take it. */
  void pump(ClusterView view) {
    watches.removeIf(watch -> watch.gone);
    Sent now = new Sent(view.revision(), reports.lastHint());
    Map<Sent, MapUpdate> updates = new HashMap<>();
    for (Watch watch : watches) {
      if (!watch.sent.equals(now) && watch.call.isWritable()) {
        watch.call.reply(updates.computeIfAbsent(watch.sent, since -> update(view, since)));
        watch.sent = now;
      }
    }
  }

  private MapUpdate update(ClusterView view, Sent since) {
    return MapUpdates.since(view, since.revision(), reports.leadersSince(since.hint()));
  }

  /** Ends all watches, so that they go elsewhere. */
  void endAll(ErrorDetail why) {
    watches.forEach(watch -> watch.call.fail(why));
    watches.clear();
  }

  int size() {
    return watches.size();
  }
}
