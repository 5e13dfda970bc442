// The devices of TestDevices are shared, and a device runs one step at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
