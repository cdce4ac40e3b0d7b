<qgis version="3.22.16" styleCategories="Symbology">
  <pipe>
    <provider>
      <resampling zoomedOutResamplingMethod="nearestNeighbour" zoomedInResamplingMethod="nearestNeighbour" enabled="false" maxOversampling="2" />
    </provider>
    <rasterrenderer opacity="1" alphaBand="-1" nodataColor="" band="1" type="singlebandpseudocolor" classificationMin="0" classificationMax="1">
      <rastershader>
        <colorrampshader maximumValue="1" labelPrecision="6" clip="0" classificationMode="1" minimumValue="0" colorRampType="INTERPOLATED">
          <item label="0" value="0" color="#440154" alpha="0" />
          <item label="0.25" value="0.25" color="#3b528b" alpha="110" />
          <item label="0.5" value="0.5" color="#21918c" alpha="170" />
          <item label="0.75" value="0.75" color="#5ec962" alpha="210" />
          <item label="1" value="1" color="#fde725" alpha="235" />
        </colorrampshader>
      </rastershader>
    </rasterrenderer>
    <brightnesscontrast contrast="0" gamma="1" brightness="0" />
    <huesaturation colorizeRed="255" colorizeGreen="128" colorizeOn="0" saturation="0" grayscaleMode="0" colorizeStrength="100" invertColors="0" colorizeBlue="128" />
    <rasterresampler maxOversampling="2" />
    <resamplingStage>resamplingFilter</resamplingStage>
  </pipe>
  <blendMode>0</blendMode>
</qgis>
