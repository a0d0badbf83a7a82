"""Every named error of the project. Its message is a sentence for people.

ProjectError
├── PictureError             nothing else leaves faces.pictures.decode
│   ├── PictureEmpty             zero bytes
│   ├── PictureTooLarge          more bytes, pixels or side than allowed
│   ├── PictureNotRecognised     not one of the formats that are read
│   ├── PictureTruncated         ends in the middle of the picture data
│   ├── PictureBroken            recognised, but cannot be decoded
│   └── PictureExpired           was dropped from the server's memory
├── ClientGone               nobody waits for the answer any more
├── DetectorError            an ONNX file that is no ultralytics detection export
├── VariantError             a variant folder that cannot be served
├── DataMissing              a data set, cache or file that a command needs is not there
├── TableError               a table that lacks columns or belongs to another network
├── RecipeError              a training recipe that cannot be run
├── ExportError              a trained network that cannot become a variant
├── AddressError             a host or port that cannot be listened on
└── ReferenceEngineError     tf-keras-vis gave no map
"""


class ProjectError(Exception):
    """Root of every named error; `str(error)` is a sentence for people."""


class PictureError(ProjectError):
    """A picture that is refused."""


class PictureEmpty(PictureError):
    """The file has no bytes."""


class PictureTooLarge(PictureError):
    """The file has too many bytes, or the picture too many pixels."""


class PictureNotRecognised(PictureError):
    """The bytes are not a picture in a format that is read here."""


class PictureTruncated(PictureError):
    """The file ends in the middle of the picture data."""


class PictureBroken(PictureError):
    """The format is known, and the picture data cannot be decoded."""


class PictureExpired(PictureError):
    """The picture was dropped from the server's memory."""


class ClientGone(ProjectError):
    """The client has closed its connection: its work ends."""


class DetectorError(ProjectError):
    """A detector that cannot be served."""


class VariantError(ProjectError):
    """A variant folder that cannot be served."""


class DataMissing(ProjectError):
    """A data set or file that a command needs and did not find."""


class TableError(ProjectError):
    """A table that cannot be read, or was made by another network, detector or split."""


class RecipeError(ProjectError):
    """A recipe that cannot be run."""


class ExportError(ProjectError):
    """A trained network that cannot be exported as a variant."""


class AddressError(ProjectError):
    """A host or port that the server cannot listen on."""


class ReferenceEngineError(ProjectError):
    """The process that computes saliency maps with tf-keras-vis gave none."""
