import OCIModel
import TestSupport
import Testing

@testable import OCIRegistry

@Suite struct EarlyCopyTests {
    @Test func whatWentEarlyIsThereForTheCopyOfTheWhole() throws {
        let image = try SampleImage(31)
        try withTemporaryFolder { folder in
            let source = try BlobFolderImages.layoutFolder("\(folder)/source")
            let destination = try BlobFolderImages.layoutFolder("\(folder)/destination")
            try image.put(source, tags: [try tag("v1")])
            let early = EarlyCopy(ImageCopy(from: source, to: destination))
            for blob in image.blobs { early.begin(blob) }
            #expect(early.finish() == image.size)
            let result = try ImageCopy(from: source, to: destination).run(.tag(try tag("v1")), tags: [try tag("v1")])
            #expect(result.movedBytes == 0)
            #expect(try image.isWhole(in: destination, .tag(try tag("v1"))))
        }
    }

    /// What is not there, and a place that takes nothing, are the business of the copy of the whole.
    @Test func itPromisesNothing() throws {
        let image = try SampleImage(32)
        try withTemporaryFolder { folder in
            let source = try BlobFolderImages.layoutFolder("\(folder)/source")
            let destination = try BlobFolderImages.layoutFolder("\(folder)/destination")
            let early = EarlyCopy(ImageCopy(from: source, to: destination))
            for blob in image.blobs { early.begin(blob) }
            #expect(early.finish() == 0)
            early.cancel()
            early.begin(image.blobs[0])
            #expect(early.finish() == 0)
        }
    }
}
