package cartwheel.peers.flink;

import cartwheel.peers.Event;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;

/** The newest time of a partition's records, which is its shard time in Cartwheel: whatever is due then happens before the next record of that time is applied. */
final class NewestTime implements WatermarkGenerator<Event> {
    private long newest = Long.MIN_VALUE;

    @Override
    public void onEvent(Event event, long time, WatermarkOutput output) {
        newest = Math.max(newest, time);
    }

    @Override
    public void onPeriodicEmit(WatermarkOutput output) {
        output.emitWatermark(new Watermark(newest));
    }
}
