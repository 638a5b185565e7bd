package io.flotilla.router.client;

import io.flotilla.proto.kv.Result;
import io.flotilla.proto.kv.WriteReply;
import io.flotilla.proto.kv.WriteRequest;
import io.flotilla.router.map.Route;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcException;
import io.flotilla.rpc.RpcMethods;
import io.flotilla.session.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Writes of one shard. Those of one request share the session and the last moment. */
final class WriteBelt extends Belt<PendingWrite<?>, WriteRequest, WriteReply> {
  private static final String HELD_BACK =
      "another write of this client is under way, and "
          + Session.WINDOW_PER_SHARD
          + " to this shard were begun since; it must end first";

  private final LimitsConfig limits;
  private final Session session;
  private final LongSupplier wallMillis;
  private final SessionTokens tokens;
  private final Lane lane;
  private final WriteWindow window = new WriteWindow(Session.WINDOW_PER_SHARD);

  WriteBelt(LimitsConfig limits, ClientPorts ports, SessionTokens tokens, Lane lane) {
    super(RpcMethods.KV_WRITE, limits.requestsInFlightPerShardMax());
    this.limits = limits;
    this.session = ports.session();
    this.wallMillis = ports.wallMillis();
    this.tokens = tokens;
    this.lane = lane;
  }

  @Override
  boolean fits(List<PendingWrite<?>> load, int loadBytes, PendingWrite<?> next) {
    PendingWrite<?> first = load.get(0);
    if (first.hasSerial() && next.hasSerial() && first.notAfterMillis() != next.notAfterMillis()) {
      return false;
    }
    // A new write takes the first one's last moment; not if that one has waited for hours.
    if (first.hasSerial() != next.hasSerial() && !isFresh(first, next)) {
      return false;
    }
    return load.size() < limits.requestOperationsMax()
        && loadBytes + next.bytes() <= limits.requestBytesMax();
  }

  /**
   * Writes that end at once may be many while an older one is held up here or at another shard; the
   * shard has to keep the results of all of them, and refuses more than so many.
   */
  @Override
  @Nullable String heldBack() {
    return window.isFull(session) ? HELD_BACK : null;
  }

  @Override
  WriteRequest request(Route route, List<PendingWrite<?>> load) {
    long notAfter = notAfterMillis(load);
    WriteRequest.Builder request =
        WriteRequest.newBuilder()
            .setShard(route.id())
            .setEpoch(route.epoch())
            .setClientHigh(session.high())
            .setClientLow(session.low())
            .setNotAfterMillis(notAfter);
    int begun = 0;
    long last = 0;
    for (PendingWrite<?> write : load) {
      if (!write.hasSerial()) {
        last = begin();
        begun++;
        write.stamp(last, notAfter);
      }
      request.addWrites(write.message());
    }
    window.begun(begun, last, session);
    return request.setAckedBelow(session.ackedBelow()).build();
  }

  private long begin() {
    return session
        .begin()
        .orElseThrow(
            () ->
                new KvException(
                    ErrorCode.OVERLOADED,
                    "one write has been under way for the last "
                        + Session.WINDOW_MAX
                        + "; it must end first"));
  }

  @Override
  void deliver(Flight flight, WriteReply reply) {
    List<PendingWrite<?>> load = flight.load();
    int answered = Math.min(reply.getResultsCount(), load.size());
    if (answered == 0) {
      throw new RpcException(
          ErrorCode.UNKNOWN_OUTCOME, load.size() + " writes were answered without a result");
    }
    tokens.advance(flight.route().id(), reply.getApplied());
    List<PendingWrite<?>> refused = new ArrayList<>();
    for (int i = 0; i < answered; i++) {
      if (reply.getResults(i).getStatus() == Result.Status.OVERLOADED) {
        refused.add(load.get(i));
      } else {
        deliver(load.get(i), reply.getResults(i));
      }
    }
    // The other results did not fit into the reply; the same serials bring them.
    again(
        load.subList(answered, load.size()),
        ErrorCode.UNKNOWN_OUTCOME,
        "the result did not fit into the reply");
    again(refused, ErrorCode.OVERLOADED, "the shard has no room for its record");
  }

  private void again(List<PendingWrite<?>> some, ErrorCode code, String why) {
    List<PendingWrite<?>> open = some.stream().filter(write -> !write.hasEnded()).toList();
    if (!open.isEmpty()) {
      KvException failure = new KvException(code, why);
      open.forEach(write -> write.attemptFailed(failure));
      lane.again(this, open);
    }
  }

  private <T> void deliver(PendingWrite<T> write, Result result) {
    switch (result.getStatus()) {
      case OK, CONDITION_FAILED -> lane.succeed(write, write.decode(result));
      case INVALID -> refuse(write, ErrorCode.INVALID_REQUEST, result.getMessage());
      case SESSION_EXPIRED -> lane.fail(write, tooLate(write, result.getMessage()));
      case WRONG_SHARD -> lane.sendElsewhere(write);
      default ->
          lane.fail(
              write,
              new KvException(
                  ErrorCode.UNKNOWN_OUTCOME,
                  "the answer has a status that this client does not know, "
                      + result.getStatusValue()));
    }
  }

  /** It was not executed now; whether it was before, is not known any more. */
  private static KvException tooLate(PendingWrite<?> write, String why) {
    return write.mayHaveRun()
        ? new KvException(
            ErrorCode.SESSION_EXPIRED,
            "the write was tried before, and now it is too late to know what became of that: "
                + why)
        : new KvException(
            ErrorCode.INVALID_REQUEST,
            "the write came too late to be executed: " + why + "; is this machine's clock right?");
  }

  private void refuse(PendingWrite<?> write, ErrorCode code, String message) {
    lane.fail(write, write.verdict(new KvException(code, message)));
  }

  private long notAfterMillis(List<PendingWrite<?>> load) {
    for (PendingWrite<?> write : load) {
      if (write.hasSerial()) {
        return write.notAfterMillis();
      }
    }
    return Session.notAfterMillis(wallMillis.getAsLong());
  }

  private boolean isFresh(PendingWrite<?> first, PendingWrite<?> next) {
    long stamped = first.hasSerial() ? first.notAfterMillis() : next.notAfterMillis();
    return stamped == Session.notAfterMillis(wallMillis.getAsLong());
  }
}
