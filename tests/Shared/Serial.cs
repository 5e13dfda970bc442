// A device runs one thing at a time, as its doc comment says; the tests share the devices, so they run one after the other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
